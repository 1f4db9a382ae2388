using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Links;

/// <summary>A server's end of a TCP connection.</summary>
/// <param name="Host">The server's host.</param>
/// <param name="Server">The server.</param>
/// <param name="Local">Its own end.</param>
/// <param name="Remote">The client's end, as it is seen there.</param>
internal sealed record ServerConnection(NetworkNamespace Host, ServerProgram Server, NetEndpoint Local, NetEndpoint Remote)
{
    public uint NextSequence { get; set; }

    public uint NextExpected { get; set; }

    public bool IsEstablished { get; set; }
}
