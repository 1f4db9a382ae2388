using Netfilter.Sim.Addressing;
using Netfilter.Sim.Conntrack.Helpers;
using Netfilter.Sim.Nat;

namespace Netfilter.Sim.Conntrack;

/// <summary>The beginning of a connection that was expected (<c>exp-&gt;expectfn</c>).</summary>
internal static class ExpectedConnection
{
    /// <summary>Does what the expectation asks for.</summary>
    public static void Begin(int id, Expectation expectation, in TrackContext context)
    {
        switch (expectation.Function)
        {
            case ExpectationFunction.FollowMaster:
                FollowMaster(id, expectation, context);
                break;
            case ExpectationFunction.Sip:
                BeginSip(id, expectation, context);
                break;
            case ExpectationFunction.Pptp:
                BeginCall(id, expectation, context);
                break;
        }
    }

    /// <summary>Translates a connection as its master is (<c>nf_nat_follow_master</c>).</summary>
    private static void FollowMaster(int id, Expectation expectation, in TrackContext context)
    {
        ConnectionTuple facing = context.Tracker.TupleOf(expectation.Master, expectation.Direction.Opposite());
        context.Walk.Nat.SetupInfo(id, NatRange.Of(facing.Destination), NatManip.Source, context.Walk);
        NatRange range = NatRange.Of(facing.Source) with
        {
            Flags = NatRangeFlags.MapAddresses | NatRangeFlags.ProtocolSpecified,
            MinPort = expectation.SavedPort,
            MaxPort = expectation.SavedPort,
        };
        context.Walk.Nat.SetupInfo(id, range, NatManip.Destination, context.Walk);
    }

    /// <summary>
    /// Translates a call or a stream to what was announced; a stream's source to the other stream's announcement
    /// (<c>nf_nat_sip_expected</c>).
    /// </summary>
    private static void BeginSip(int id, Expectation expectation, in TrackContext context)
    {
        ConnectionTracker tracker = context.Tracker;
        NatRange destination = NatRange.Of(expectation.SavedAddress) with
        {
            Flags = NatRangeFlags.MapAddresses | NatRangeFlags.ProtocolSpecified,
            MinPort = expectation.SavedPort,
            MaxPort = expectation.SavedPort,
        };
        context.Walk.Nat.SetupInfo(id, destination, NatManip.Destination, context.Walk);
        ConnectionTuple original = tracker.Original(id);
        Expectation? pair = expectation.Class == 0 ? null : tracker.Expectations(context.Jiffies).FirstOrDefault(other =>
            other.Master == expectation.Master && other.Tuple.Protocol == original.Protocol
            && other.SavedAddress == original.Source && other.SavedPort == original.SourcePort);
        if (pair is not null)
        {
            NatRange source = NatRange.Of(pair.Tuple.Destination) with
            {
                Flags = NatRangeFlags.MapAddresses | NatRangeFlags.ProtocolSpecified,
                MinPort = pair.Tuple.DestinationPort,
                MaxPort = pair.Tuple.DestinationPort,
            };
            context.Walk.Nat.SetupInfo(id, source, NatManip.Source, context.Walk);
        }
        else if (original.Source == tracker.TupleOf(expectation.Master, expectation.Direction).Source)
        {
            NetAddress facing = tracker.TupleOf(expectation.Master, expectation.Direction.Opposite()).Destination;
            context.Walk.Nat.SetupInfo(id, NatRange.Of(facing), NatManip.Source, context.Walk);
        }
    }

    /// <summary>One direction of a call is there: the other is not expected any more (<c>pptp_expectfn</c>).</summary>
    private static void BeginCall(int id, Expectation expectation, in TrackContext context)
    {
        ConnectionTracker tracker = context.Tracker;
        int master = expectation.Master;
        if (!tracker.Read(master).Has(ConnectionStatus.NatMask))
        {
            tracker.Withdraw(master, expectation.Tuple.Invert());
            return;
        }
        bool isOutward = expectation.Direction == ConnectionDirection.Original;
        HelperMemory memory = tracker.Table.ReadExtension(master).HelperMemory;
        ConnectionTuple facing = tracker.TupleOf(master, expectation.Direction.Opposite());
        tracker.Withdraw(master, expectation.Tuple with
        {
            Source = facing.Source,
            Destination = facing.Destination,
            SourcePort = isOutward ? memory.ServerCallId : memory.NatClientCallId,
            DestinationPort = isOutward ? memory.ClientCallId : memory.NatServerCallId,
        });
        NatRange withKey = new(
            NatRangeFlags.MapAddresses | NatRangeFlags.ProtocolSpecified,
            MinPort: expectation.SavedPort,
            MaxPort: expectation.SavedPort);
        NatRange without = new(NatRangeFlags.MapAddresses);
        NatRange source = (isOutward ? withKey : without) with { MinAddress = facing.Destination, MaxAddress = facing.Destination };
        NatRange destination = (isOutward ? without : withKey) with { MinAddress = facing.Source, MaxAddress = facing.Source };
        context.Walk.Nat.SetupInfo(id, source, NatManip.Source, context.Walk);
        context.Walk.Nat.SetupInfo(id, destination, NatManip.Destination, context.Walk);
    }
}
