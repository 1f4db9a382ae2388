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
    public override string Text => string.Create(
        CultureInfo.InvariantCulture,
        $"packet {Begin.Number}: {PacketWords.Of(Packet.Parse(Begin.Bytes.AsSpan()))}, {Begin.Bytes.Length} bytes, {Words}");

    private string Words
    {
        get
        {
            string number = string.Create(CultureInfo.InvariantCulture, $"packet {Begin.Parent}");
            return Begin.Cause switch
            {
                LifeCause.Received => Device is null ? "received" : $"received on {Device}",
                LifeCause.Sent => "sent by the host",
                LifeCause.Answered => Begin.Parent < 0 ? "answered by the host" : $"the host's answer to {number}",
                LifeCause.MadeByRule => Begin.Parent < 0 ? "made by a rule" : $"made by a rule because of {number}",
                LifeCause.Copied => Begin.Parent < 0 ? "a copy" : $"a copy of {number}",
                LifeCause.Reassembled => "put together of its fragments",
                LifeCause.Fragmented => Begin.Parent < 0 ? "a fragment" : $"a fragment of {number}",
                LifeCause.LoopedBack => "looped back",
                _ => Begin.Parent < 0 ? "for another port of the bridge" : $"{number} for another port of the bridge",
            };
        }
    }
}
