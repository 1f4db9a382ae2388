using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Stack;

/// <summary>
/// What packets have taught the host about its neighbours, and the packets that wait for an answer
/// (<c>net/core/neighbour.c</c>). Entries do not age.
/// </summary>
internal sealed class NeighbourCache
{
    private readonly Dictionary<(int Device, NetAddress Address), Entry> _entries = [];

    /// <summary>The Ethernet address of a neighbour, or null when it is not known.</summary>
    public ulong? Find(int device, NetAddress address) =>
        _entries.TryGetValue((device, address), out Entry? entry) ? entry.Mac : null;

    /// <summary>Lets a packet wait for a neighbour.</summary>
    /// <returns>True for the first that waits: a request has to be sent.</returns>
    public bool Wait(int device, NetAddress address, PacketBuffer packet)
    {
        bool isFirst = !_entries.TryGetValue((device, address), out Entry? entry);
        if (isFirst)
        {
            _entries[(device, address)] = entry = new Entry();
        }
        entry!.Waiting.Add(packet);
        return isFirst;
    }

    /// <summary>Notes a neighbour's address.</summary>
    /// <param name="device">Index of the interface it is behind.</param>
    /// <param name="address">Its IP address.</param>
    /// <param name="mac">Its Ethernet address.</param>
    /// <param name="create">Whether it becomes known when nobody has asked for it.</param>
    /// <returns>The packets that waited for it; they are the caller's now.</returns>
    public IReadOnlyList<PacketBuffer> Learn(int device, NetAddress address, ulong mac, bool create)
    {
        if (!_entries.TryGetValue((device, address), out Entry? entry))
        {
            if (create)
            {
                _entries[(device, address)] = new Entry { Mac = mac };
            }
            return [];
        }
        entry.Mac = mac;
        PacketBuffer[] waiting = [.. entry.Waiting];
        entry.Waiting.Clear();
        return waiting;
    }

    /// <summary>Takes over everything another cache knows; waiting packets are copied.</summary>
    public void CopyFrom(NeighbourCache origin)
    {
        foreach (((int Device, NetAddress Address) key, Entry entry) in origin._entries)
        {
            Entry copy = new() { Mac = entry.Mac };
            foreach (PacketBuffer packet in entry.Waiting)
            {
                PacketBuffer waiting = new();
                waiting.CopyFrom(packet);
                copy.Waiting.Add(waiting);
            }
            _entries[key] = copy;
        }
    }

    private sealed class Entry
    {
        public ulong? Mac { get; set; }

        public List<PacketBuffer> Waiting { get; } = [];
    }
}
