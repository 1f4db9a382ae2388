using Netfilter.Sim.Conntrack.Helpers;

namespace Netfilter.Sim.Conntrack;

/// <summary>What few connections have (<c>struct nf_ct_ext</c>): counters, labels, helper, timeouts, a master, shifted numbers.</summary>
internal struct ConnectionExtension
{
    /// <summary>Whether packets are counted (<c>nf_conn_acct</c>).</summary>
    public bool HasCounters;

    /// <summary>Whether labels are kept (<c>nf_conn_labels</c>).</summary>
    public bool HasLabels;

    /// <summary>Whether sequence numbers can be shifted (<c>nf_conn_seqadj</c>).</summary>
    public bool HasSequenceAdjust;

    /// <summary>Whether the beginning is noted (<c>nf_conn_tstamp</c>).</summary>
    public bool HasTimestamp;

    /// <summary>When it was confirmed, in nanoseconds since 1970.</summary>
    public long StartNanoseconds;

    public long OriginalPackets;
    public long OriginalBytes;
    public long ReplyPackets;
    public long ReplyBytes;

    /// <summary>Labels, one bit each.</summary>
    public UInt128 Labels;

    /// <summary>Number of the connection that expected it; −1 for none.</summary>
    public int Master;

    /// <summary>How many connections and expectations name this one as master; the record stays until they are gone.</summary>
    public int Dependents;

    /// <summary>The helper that reads its packets; null for none.</summary>
    public ConnectionHelper? Helper;

    /// <summary>What the helper remembers of this connection.</summary>
    public HelperMemory HelperMemory;

    /// <summary>Timeouts of a policy, in jiffies by state; null for the namespace's.</summary>
    public uint[]? Timeouts;

    /// <summary>Whether a rule said which events listeners are told of.</summary>
    public bool HasEventMasks;

    /// <summary>The events that listeners are told of, if a rule said so.</summary>
    public ConntrackEvents EventMask;

    /// <summary>The expectation events that listeners are told of, if a rule said so.</summary>
    public ConntrackEvents ExpectEventMask;

    public SequenceAdjustment OriginalAdjustment;
    public SequenceAdjustment ReplyAdjustment;

    /// <summary>What SYNPROXY remembers; null when it has no part.</summary>
    public SynProxyMemory? SynProxy;
}

/// <summary>What SYNPROXY keeps of a connection (<c>struct nf_conn_synproxy</c>). Immutable.</summary>
internal sealed record SynProxyMemory(uint InitialSequence, uint InitialTimestamp, uint TimestampOffset);
