namespace Netfilter.Sim.TestKit.Live;

/// <summary>A packet that nfnetlink_log handed over.</summary>
/// <param name="Group">The group it was sent to.</param>
/// <param name="Prefix">The rule's prefix.</param>
/// <param name="Hook">Number of the hook.</param>
/// <param name="In">Index of the interface it came in by, 0 for none.</param>
/// <param name="Out">Index of the interface it leaves by, 0 for none.</param>
/// <param name="Mark">Its mark.</param>
/// <param name="Packet">Its bytes.</param>
internal sealed record LoggedPacket(int Group, string Prefix, int Hook, uint In, uint Out, uint Mark, byte[] Packet);

/// <summary>Listens to groups of nfnetlink_log in the namespace that the thread is in.</summary>
internal sealed class PacketLog : IDisposable
{
    private const int Subsystem = 4;
    private const int Configure = 1;
    private const byte Bind = 1;
    private const byte CopyPacket = 2;
    private readonly NetlinkSocket _netlink = new();

    public PacketLog(IEnumerable<ushort> groups)
    {
        foreach (ushort group in groups)
        {
            _netlink.Call("log group", Subsystem, Configure, 0, group, NetlinkSocket.Attribute(1, [Bind]));
            // The whole packet, at once (timeout and threshold 1).
            byte[] how =
            [
                .. NetlinkSocket.Attribute(2, [0, 0, 0xff, 0xff, CopyPacket, 0]), .. NetlinkSocket.Attribute(5, [0, 0, 0, 1]),
                .. NetlinkSocket.Attribute(4, [0, 0, 0, 1]),
            ];
            _netlink.Call("log mode", Subsystem, Configure, 0, group, how);
        }
    }

    public int File => _netlink.File;

    /// <summary>What has come in, without waiting.</summary>
    public IEnumerable<LoggedPacket> Read()
    {
        foreach ((ushort group, byte[] bytes) in _netlink.ReadWaiting())
        {
            NetlinkAttributes attributes = new(bytes);
            if (!attributes.Has(9))
            {
                continue;
            }
            byte[] header = attributes.Bytes(1);
            yield return new LoggedPacket(
                group, attributes.Text(10), header.Length > 2 ? header[2] : 0, attributes.UInt32(4), attributes.UInt32(5),
                attributes.UInt32(2), attributes.Bytes(9));
        }
    }

    public void Dispose() => _netlink.Dispose();
}
