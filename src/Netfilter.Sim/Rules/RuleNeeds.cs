namespace Netfilter.Sim.Rules;

/// <summary>
/// Machinery that the kernel runs in a namespace only while a loaded rule needs it, whether or not the rule can match
/// (<c>nf_ct_netns_get</c>, <c>nf_defrag_ipv4_enable</c>).
/// </summary>
[Flags]
public enum RuleNeeds : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Connection tracking, and with it defragmentation.</summary>
    Conntrack = 1,

    /// <summary>Defragmentation alone (<c>socket</c>, <c>TPROXY</c>).</summary>
    Defragmentation = 2,

    /// <summary>Counting of packets and bytes per connection (<c>connbytes</c>).</summary>
    Accounting = 4,

    /// <summary>Labels of connections (<c>connlabel</c>).</summary>
    Labels = 8,

    /// <summary>The hook functions of SYNPROXY.</summary>
    SynProxy = 16,
}
