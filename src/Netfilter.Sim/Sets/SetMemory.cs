namespace Netfilter.Sim.Sets;

/// <summary>
/// The bytes that a set takes in Linux on a 64-bit machine, as <c>ipset list</c> shows them (<c>mtype_head</c> of
/// <c>ip_set_hash_gen.h</c> and <c>ip_set_bitmap_gen.h</c>, <c>list_set_head</c>): measured, kernel 6.18.
/// </summary>
internal static class SetMemory
{
    private const int BucketHead = 32, BucketElements = 2, ListElement = 48, RegionBytes = 24, RegionBuckets = 1024, CommentHead = 17;

    /// <summary>The bytes of a set; of a hash as if no two of its elements shared a bucket, which depends on a secret in Linux.</summary>
    public static ulong Of(IpSetHeader header, IReadOnlyCollection<KeyValuePair<SetKey, SetEntry>> entries)
    {
        ulong comments = 0;
        foreach ((_, SetEntry entry) in entries)
        {
            comments += entry.Comment is null or "" ? 0 : (ulong)(CommentHead + Extensions.ByteText.Length(entry.Comment));
        }
        ulong count = (ulong)entries.Count;
        if (header.Type.IsList)
        {
            return 80 + (count * Sized(header, ListElement)) + comments;
        }
        return comments + (header.Type.IsBitmap ? OfBitmap(header) : OfHash(header, Buckets(header, entries)));
    }

    private static ulong OfBitmap(IpSetHeader header)
    {
        ulong elements = (ulong)header.RangeLast - header.RangeFirst + 1;
        elements = header.NetMask >= 0 ? elements >> (32 - header.NetMask) : elements;
        ulong bits = (elements + 63) / 64 * 8;
        return header.Type.Name switch
        {
            "bitmap:port" => 72 + bits + (elements * Sized(header, 0)),
            "bitmap:ip" => 88 + bits + (elements * Sized(header, 0)),
            _ => 80 + bits + (elements * Sized(header, 8)),
        };
    }

    private static ulong OfHash(IpSetHeader header, ulong buckets)
    {
        bool v4 = header.Family == Addressing.IpFamily.IPv4;
        (ulong empty, int element) = header.Type.Name switch
        {
            "hash:ip" => v4 ? (216ul, 4) : (224ul, 16),
            "hash:ip,port" => v4 ? (216ul, 8) : (232ul, 20),
            "hash:net" or "hash:net,port" => v4 ? (456ul, 8) : (1240ul, 20),
            "hash:ip,port,ip" => v4 ? (208ul, 12) : (232ul, 36),
            "hash:ip,port,net" => v4 ? (464ul, 12) : (1256ul, 36),
            _ => v4 ? (488ul, 28) : (1264ul, 40),
        };
        ulong regions = Math.Max(1, header.HashSize / RegionBuckets);
        return empty + ((regions - 1) * RegionBytes) + (buckets * (BucketHead + (BucketElements * Sized(header, element))));
    }

    // Elements of one net with several interfaces lie in one bucket, which grows by two.
    private static ulong Buckets(IpSetHeader header, IReadOnlyCollection<KeyValuePair<SetKey, SetEntry>> entries) =>
        header.Type.Name != "hash:net,iface"
            ? (ulong)entries.Count
            : (ulong)entries.GroupBy(entry => (entry.Key.Ip, entry.Key.Prefix)).Sum(net => (net.Count() + 1) / BucketElements);

    // ip_set_elem_len: the extensions behind an element, each at its own alignment.
    private static ulong Sized(IpSetHeader header, int element)
    {
        int length = element, alignment = 1;
        Add(header.HasCounters, 16, 8);
        Add(header.TimeoutSeconds is not null, 8, 8);
        Add(header.HasSkbInfo, 16, 4);
        Add(header.HasComments, 8, 8);
        return (ulong)Align(length, Math.Max(alignment, element % 8 == 0 && element > 0 && header.Type.IsBitmap ? 8 : 1));

        void Add(bool isThere, int size, int at)
        {
            if (isThere)
            {
                (length, alignment) = (Align(length, at) + size, Math.Max(alignment, at));
            }
        }
    }

    private static int Align(int length, int to) => (length + to - 1) / to * to;
}
