using System.Globalization;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Tracing;

/// <summary>A packet begins to exist in the host.</summary>
/// <param name="Begin">The packet and how it came; its fate is not known yet.</param>
/// <param name="Device">Name of the interface it came in by; null for none.</param>
public sealed record LifeStep(PacketLife Begin, string? Device) : TraceStep
{
    /// <inheritdoc/>
    public override string Text => Device is null ? Describe(Begin) : $"{Describe(Begin)} on {Device}";

    /// <summary>Number, packet and cause in one line.</summary>
    internal static string Describe(PacketLife life) => string.Create(
        CultureInfo.InvariantCulture,
        $"packet {life.Number}: {Packet.Parse(life.Bytes.AsSpan())} ({life.Bytes.Length} bytes), {Words(life)}");

    private static string Words(PacketLife life)
    {
        string of = life.Parent < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {life.Parent}");
        return life.Cause switch
        {
            LifeCause.Received => "received",
            LifeCause.Sent => "sent by the host",
            LifeCause.Answered => life.Parent < 0 ? "answered by the host" : $"the host's answer to packet{of}",
            LifeCause.MadeByRule => life.Parent < 0 ? "made by a rule" : $"made by a rule for packet{of}",
            LifeCause.Copied => life.Parent < 0 ? "a copy" : $"a copy of packet{of}",
            LifeCause.Reassembled => "put together of its fragments",
            LifeCause.Fragmented => life.Parent < 0 ? "a fragment" : $"a fragment of packet{of}",
            LifeCause.LoopedBack => "looped back",
            _ => life.Parent < 0 ? "for another port of the bridge" : $"packet{of} for another port of the bridge",
        };
    }
}
