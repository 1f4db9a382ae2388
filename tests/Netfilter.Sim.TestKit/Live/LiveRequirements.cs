namespace Netfilter.Sim.TestKit.Live;

/// <summary>What a machine must have for a live comparison.</summary>
/// <param name="IsLinux">Whether it runs Linux.</param>
/// <param name="IsRoot">Whether this process is root's.</param>
/// <param name="Exists">Whether a file exists.</param>
public sealed record LiveRequirements(bool IsLinux, bool IsRoot, Func<string, bool> Exists)
{
    private static readonly string[] Tools = ["iptables-legacy", "ip6tables-legacy", "ip", "nft", "ipset"];

    private static readonly string[] Folders = ["/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

    /// <summary>This machine.</summary>
    public static LiveRequirements Here { get; } =
        new(OperatingSystem.IsLinux(), OperatingSystem.IsLinux() && LibC.EffectiveUser() == 0, File.Exists);

    /// <summary>The first thing that is missing, as a sentence; null when nothing is.</summary>
    public string? Missing
    {
        get
        {
            if (!IsLinux)
            {
                return "This is not Linux.";
            }
            if (!IsRoot)
            {
                return "Only root may make network namespaces.";
            }
            if (!Exists("/dev/net/tun"))
            {
                return "There is no /dev/net/tun.";
            }
            string? tool = Tools.FirstOrDefault(name => !Folders.Any(folder => Exists($"{folder}/{name}")));
            return tool is null ? null : $"{tool} is not installed.";
        }
    }
}
