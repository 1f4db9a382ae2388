using BenchmarkDotNet.Attributes;
using Netfilter.Sim.Benchmarks.Kube;

namespace Netfilter.Sim.Benchmarks.Walking;

/// <summary>A pod's packets to services of a node with kube-proxy's rules.</summary>
[MemoryDiagnoser]
public class Walking
{
    private const int Flows = 2000;

    private KubeNode _new = null!, _established = null!;

    /// <summary>Number of services.</summary>
    [Params(100, 1000, 10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _new = new KubeNode(Services);
        _new.Load(_new.Rules.Write());
        _established = new KubeNode(Services);
        _established.Load(_established.Rules.Write());
        for (int flow = 0; flow < Flows; flow++)
        {
            _established.Open(flow % Services, flow);
            _established.Establish(flow % Services, flow);
        }
    }

    /// <summary>2,000 connections begin; forgetting them again is part of it.</summary>
    [Benchmark(OperationsPerInvoke = Flows)]
    public void NewConnection()
    {
        for (int flow = 0; flow < Flows; flow++)
        {
            _new.Open(flow * 7919 % Services, flow);
        }
        _new.Forget();
    }

    [Benchmark(OperationsPerInvoke = Flows)]
    public void EstablishedPacket()
    {
        for (int flow = 0; flow < Flows; flow++)
        {
            _established.Send(flow % Services, flow);
        }
    }
}
