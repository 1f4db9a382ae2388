using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Tracing;

namespace Netfilter.Sim.Nat;

/// <summary>
/// Network address translation of one namespace (<c>nf_nat_core.c</c>): decides once what a connection is translated to.
/// Keeps nothing; all is written into the connection.
/// </summary>
internal sealed partial class NatEngine(NetworkNamespace host)
{
    private ConnectionTracker Tracker => host.Tracker;

    /// <summary>Decides one end of a packet's connection (<c>nf_nat_setup_info</c>).</summary>
    /// <returns><see cref="Verdict.Accept"/>; drop when it is decided already.</returns>
    public Verdict SetupInfo(PacketBuffer packet, in NatRange range, NatManip manip, WalkContext walk) =>
        packet.Connection < 0 ? Verdict.Accept : SetupInfo(packet.Connection, range, manip, walk);

    /// <summary>Decides one end of a connection.</summary>
    public Verdict SetupInfo(int id, in NatRange range, NatManip manip, WalkContext walk)
    {
        ConnectionTracker tracker = Tracker;
        ref readonly ConnectionRecord record = ref tracker.Read(id);
        if (record.IsConfirmed)
        {
            return Verdict.Accept;
        }
        if (IsDecided(record.Status, manip))
        {
            return Verdict.Drop;
        }
        ConnectionTuple current = tracker.Reply(id).Invert();
        ConnectionTuple chosen = new TupleChooser(id, in range, manip, walk).Choose(current);
        ConnectionStatus done = DecidedBit(manip);
        if (chosen != current)
        {
            tracker.Table.SetReply(id, chosen.Invert());
            done |= manip == NatManip.Source ? ConnectionStatus.SourceNat : ConnectionStatus.DestinationNat;
            if (record.Extension >= 0 && tracker.Table.ReadExtension(id).Helper is not null)
            {
                tracker.Table.WriteExtension(id).HasSequenceAdjust = true;
            }
        }
        Decide(id, manip, done);
        if (chosen != current && walk.Recorder is { } recorder)
        {
            Trace(manip, current, chosen, recorder);
        }
        return Verdict.Accept;
    }

    /// <summary>Decides that nothing but a taken port changes (<c>nf_nat_alloc_null_binding</c>).</summary>
    public Verdict SetupNullBinding(int id, NatManip manip, WalkContext walk)
    {
        ref readonly ConnectionRecord record = ref Tracker.Read(id);
        if (!record.IsConfirmed && !IsDecided(record.Status, manip)
            && !Tracker.Table.IsReplyTaken(id, ConnectionTracker.JiffiesOf(walk.NowNanoseconds)))
        {
            // What nobody else claims stays as it is: the same answer without asking for a choice.
            Decide(id, manip, DecidedBit(manip));
            return Verdict.Accept;
        }
        ConnectionTuple reply = Tracker.Reply(id);
        return SetupInfo(id, NatRange.Of(manip == NatManip.Source ? reply.Destination : reply.Source), manip, walk);
    }

    private static ConnectionStatus DecidedBit(NatManip manip) =>
        manip == NatManip.Source ? ConnectionStatus.SourceNatDone : ConnectionStatus.DestinationNatDone;

    private void Decide(int id, NatManip manip, ConnectionStatus bits)
    {
        if (manip == NatManip.Source)
        {
            Tracker.Table.InsertSource(id);
        }
        Tracker.Write(id).Status |= bits;
    }

    /// <summary>Whether an end has been decided (<c>nf_nat_initialized</c>).</summary>
    public static bool IsDecided(ConnectionStatus status, NatManip manip) =>
        (status & DecidedBit(manip)) != 0;

    /// <summary>The bit that says that an end is translated.</summary>
    public static ConnectionStatus TranslationOf(NatManip manip) =>
        manip == NatManip.Source ? ConnectionStatus.SourceNat : ConnectionStatus.DestinationNat;

    /// <summary>Translates a packet as its connection says (<c>nf_nat_packet</c>).</summary>
    public Verdict Translate(PacketBuffer packet, Hook hook, WalkContext walk)
    {
        NatManip manip = NatManipExtensions.ManipAt(hook);
        ConnectionDirection direction = packet.ConntrackInfo.DirectionOf();
        NatManip decided = direction == ConnectionDirection.Original ? manip : manip.Opposite();
        if (!Tracker.Read(packet.Connection).Has(TranslationOf(decided)))
        {
            return Verdict.Accept;
        }
        ConnectionTuple target = Tracker.TupleOf(packet.Connection, direction.Opposite()).Invert();
        if (PacketManip.Apply(packet, target, manip))
        {
            return Verdict.Accept;
        }
        walk.Blame(Fate.Dropped("nat: the packet is too short to be translated"));
        return Verdict.Drop;
    }

    private static void Trace(NatManip manip, in ConnectionTuple current, in ConnectionTuple chosen, WalkRecorder recorder) =>
        recorder.Add(manip == NatManip.Source
            ? new NatStep("source", Describe(current.Source, current.SourcePort), Describe(chosen.Source, chosen.SourcePort))
            : new NatStep(
                "destination",
                Describe(current.Destination, current.IsIcmp ? (ushort)0 : current.DestinationPort),
                Describe(chosen.Destination, chosen.IsIcmp ? (ushort)0 : chosen.DestinationPort)));

    private static string Describe(NetAddress address, ushort port) => port == 0 ? address.ToString()
        : address.Family == IpFamily.IPv6 ? $"[{address}]:{port}" : $"{address}:{port}";
}
