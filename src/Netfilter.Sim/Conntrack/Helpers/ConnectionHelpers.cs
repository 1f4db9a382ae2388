using System.Collections.Immutable;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>The helpers that are modelled, by name.</summary>
internal static class ConnectionHelpers
{
    private static readonly ImmutableArray<ConnectionHelper> All =
    [
        new FtpHelper(), new TftpHelper(), new IrcHelper(), new AmandaHelper(), new PptpHelper(), new SipHelper(),
        new BroadcastHelper("netbios-ns", 137, 3), new BroadcastHelper("snmp", 161, 30),
    ];

    /// <summary>The helper of a name; null when there is none or it is not modelled.</summary>
    public static ConnectionHelper? Find(string name)
    {
        foreach (ConnectionHelper helper in All)
        {
            if (helper.Name == name)
            {
                return helper;
            }
        }
        return null;
    }
}
