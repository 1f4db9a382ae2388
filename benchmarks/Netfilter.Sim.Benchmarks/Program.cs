using BenchmarkDotNet.Running;
using Netfilter.Sim.Benchmarks.Kube;
using Netfilter.Sim.Benchmarks.Parsing;
using Netfilter.Sim.Benchmarks.Scale;

if (args is ["scale", .. string[] options])
{
    return ScaleCommand.Run(options);
}
if (args is ["parse", .. string[] parseOptions])
{
    return ParseCommand.Run(parseOptions);
}
if (args is ["kube", .. string[] kubeOptions])
{
    return KubeCommand.Run(kubeOptions);
}
BenchmarkSwitcher.FromAssembly(typeof(ScaleCommand).Assembly).Run(args);
return 0;
