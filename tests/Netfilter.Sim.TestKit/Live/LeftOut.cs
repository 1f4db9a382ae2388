namespace Netfilter.Sim.TestKit.Live;

/// <summary>
/// What random cases do not contain, and why: only what the kernel does the same way every time can be compared. Everything
/// that is left out stands here.
/// </summary>
public static class LeftOut
{
    /// <summary>Why an extension is not drawn at all, by name.</summary>
    public static readonly IReadOnlyDictionary<string, string> Extensions = new Dictionary<string, string>
    {
        ["time"] = "the wall clock decides",
        ["cpu"] = "which processor works is chance",
        ["cgroup"] = "the program that runs the comparison decides",
        ["rateest"] = "a timer of the kernel measures",
        ["RATEEST"] = "a timer of the kernel measures",
        ["IDLETIMER"] = "its timers are one list for the whole machine",
        ["osf"] = "its fingerprints are one list for the whole machine",
        ["nfacct"] = "its objects belong to the namespace, which many rulesets share",
        ["physdev"] = "without bridges it never matches",
        ["l2tp"] = "the iptables of the recorded cases has no such match",
        ["SECMARK"] = "a security module decides",
        ["CONNSECMARK"] = "a security module decides",
        ["SYNPROXY"] = "its cookies are secret",
        ["ipvs"] = "the kernel has no such module",
        ["LED"] = "the kernel has no such module",
        ["ULOG"] = "the kernel has no such module",
        ["CLUSTERIP"] = "the kernel has no such module",
    };

    /// <summary>Why an extension is drawn only in chosen forms, never with options at random, by name.</summary>
    public static readonly IReadOnlyDictionary<string, string> RandomOptions = new Dictionary<string, string>
    {
        ["limit"] = "a rate of more than a few an hour depends on how long the case takes",
        ["hashlimit"] = "a rate of more than a few an hour depends on how long the case takes",
        ["statistic"] = "a probability between 0 and 1 is chance",
        ["recent"] = "times of a few seconds depend on how long the case takes",
        ["connlimit"] = "within a tick of the kernel a connection counts twice: such cases pause after each packet, and are few",
        ["connbytes"] = "in a rule that the kernel refuses for another reason it switches accounting on all the same: it is not in those",
        ["bpf"] = "random programs are refused",
        ["HMARK"] = "random options are refused",
        ["CT"] = "timeout policies need a tool that is not here; helpers are compared by the recorded cases",
        ["TEE"] = "a gateway that is a host itself would make a circle",
        ["LOG"] = "its lines are told apart by their prefix",
        ["TRACE"] = "with it the lines of LOG go to another listener; a case has one or the other",
        ["NFLOG"] = "only some groups are listened to",
        ["SET"] = "it needs a set that exists",
        ["set"] = "it needs a set that exists",
        ["SNAT"] = "a range of ports may leave the choice of one to chance",
        ["DNAT"] = "a range of ports may leave the choice of one to chance",
        ["MASQUERADE"] = "a range of ports may leave the choice of one to chance",
        ["REDIRECT"] = "a range of ports may leave the choice of one to chance",
        ["NETMAP"] = "the network must be one that packets go to",
        ["DNPT"] = "the network must be one that packets go to",
        ["SNPT"] = "the network must be one that packets go to",
    };

    /// <summary>Packets that are not drawn, and why.</summary>
    public static readonly IReadOnlyDictionary<string, string> Packets = new Dictionary<string, string>
    {
        ["protocol 255"] = "the raw sockets that local packets are sent by would take them",
        ["IGMP"] = "the host's own is kept from the rules, and copies of TEE look the same",
        ["ICMP timestamp requests"] = "the answer is the time of day",
    };

    /// <summary>Words that make a rule's outcome chance.</summary>
    public static readonly IReadOnlyList<string> Words = ["--random", "--random-fully"];
}
