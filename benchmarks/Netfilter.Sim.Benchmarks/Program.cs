using BenchmarkDotNet.Running;
using Netfilter.Sim.Benchmarks.Scale;

if (args is ["scale", .. string[] options])
{
    return ScaleCommand.Run(options);
}
BenchmarkSwitcher.FromAssembly(typeof(ScaleCommand).Assembly).Run(args);
return 0;
