using BenchmarkDotNet.Attributes;

namespace Netfilter.Sim.Benchmarks.Kube;

/// <summary>What a sync of kube-proxy costs among many Services of three endpoints.</summary>
[MemoryDiagnoser]
public class KubeProxy
{
    private ProxiedNode _node = null!;

    /// <summary>Number of Services.</summary>
    [Params(10_000)]
    public int Services { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _node = new ProxiedNode(Services);
        _node.SyncFully();
    }

    /// <summary>Everything is rendered and goes through iptables-restore.</summary>
    [Benchmark(Baseline = true)]
    public void FullSync() => _node.SyncFully();

    /// <summary>One endpoint moves; the node's tables are edited and no text is rendered.</summary>
    [Benchmark]
    public void OneEndpointAsEdit()
    {
        _node.MoveEndpoint();
        _node.SyncByEdit();
    }

    /// <summary>One endpoint moves; the partial payload goes through iptables-restore.</summary>
    [Benchmark]
    public void OneEndpointAsText()
    {
        _node.MoveEndpoint();
        _node.SyncByText();
    }
}
