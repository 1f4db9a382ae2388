using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>A netlink socket to netfilter, of the namespace that the thread is in when it is made.</summary>
internal sealed class NetlinkSocket : IDisposable
{
    public const int HeaderLength = 20;
    private const int Request = 1;
    private const int Acknowledge = 4;
    private const int Dump = 0x300;
    private const int TypeError = 2;
    private const int TypeDone = 3;
    private const int DontWait = 0x40;
    private const int ReceiveBufferForced = 33;
    private readonly int _socket;
    private readonly byte[] _buffer = new byte[1 << 18];
    private uint _sequence;

    public NetlinkSocket()
    {
        _socket = LibC.Checked(LibC.Socket(LibC.Netlink, LibC.RawSocket | LibC.CloseOnExec, LibC.Netfilter), "netlink socket");
        LibC.Checked(LibC.Bind(_socket, [LibC.Netlink, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 12), "netlink bind");
        LibC.SetOption(_socket, 1, ReceiveBufferForced, 8 << 20, sizeof(int));
    }

    public int File => _socket;

    /// <summary>An attribute.</summary>
    public static byte[] Attribute(int type, ReadOnlySpan<byte> value)
    {
        byte[] bytes = new byte[(4 + value.Length + 3) & ~3];
        MemoryMarshal.Write(bytes, (ushort)(4 + value.Length));
        MemoryMarshal.Write(bytes.AsSpan(2), (ushort)type);
        value.CopyTo(bytes.AsSpan(4));
        return bytes;
    }

    /// <summary>A request that is only acknowledged.</summary>
    /// <exception cref="LiveException">The kernel refuses.</exception>
    public void Call(string what, int subsystem, int message, byte family, ushort resource, params ReadOnlySpan<byte> attributes)
    {
        Send(subsystem, message, Request | Acknowledge, family, resource, attributes);
        nint length = LibC.Receive(_socket, _buffer, _buffer.Length, 0);
        int error = length >= HeaderLength ? MemoryMarshal.Read<int>(_buffer.AsSpan(16)) : -1;
        if (error != 0)
        {
            throw new LiveException($"{what}: netlink error {-error}");
        }
    }

    /// <summary>Everything of a kind: the bytes behind the header of each message.</summary>
    public List<byte[]> DumpAll(int subsystem, int message, byte family)
    {
        Send(subsystem, message, Request | Dump, family, 0, []);
        List<byte[]> all = [];
        while (Take(0, all))
        {
        }
        return all;
    }

    /// <summary>What has come in, without waiting: the bytes of each message from its resource id on.</summary>
    public List<(ushort Resource, byte[] Attributes)> ReadWaiting()
    {
        List<(ushort, byte[])> all = [];
        while (true)
        {
            nint length = LibC.Receive(_socket, _buffer, _buffer.Length, DontWait);
            if (length <= 0)
            {
                return all;
            }
            foreach ((int type, int start, int end) in Messages((int)length))
            {
                if (type > TypeDone && end - start >= HeaderLength)
                {
                    all.Add((BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(start + 18)), _buffer[(start + HeaderLength)..end]));
                }
            }
        }
    }

    public void Dispose() => LibC.Close(_socket);

    private bool Take(int flags, List<byte[]> all)
    {
        nint length = LibC.Receive(_socket, _buffer, _buffer.Length, flags);
        foreach ((int type, int start, int end) in Messages((int)length))
        {
            if (type is TypeDone or TypeError)
            {
                return false;
            }
            all.Add(_buffer[(start + HeaderLength)..end]);
        }
        return length > 0;
    }

    private List<(int Type, int Start, int End)> Messages(int length)
    {
        List<(int, int, int)> messages = [];
        for (int at = 0; at + 16 <= length;)
        {
            int size = MemoryMarshal.Read<int>(_buffer.AsSpan(at));
            messages.Add((MemoryMarshal.Read<ushort>(_buffer.AsSpan(at + 4)), at, at + size));
            at += (size + 3) & ~3;
        }
        return messages;
    }

    private void Send(int subsystem, int message, int flags, byte family, ushort resource, ReadOnlySpan<byte> attributes)
    {
        byte[] bytes = new byte[HeaderLength + attributes.Length];
        MemoryMarshal.Write(bytes, bytes.Length);
        MemoryMarshal.Write(bytes.AsSpan(4), (ushort)((subsystem << 8) | message));
        MemoryMarshal.Write(bytes.AsSpan(6), (ushort)flags);
        MemoryMarshal.Write(bytes.AsSpan(8), ++_sequence);
        bytes[16] = family;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(18), resource);
        attributes.CopyTo(bytes.AsSpan(HeaderLength));
        LibC.Checked((int)LibC.SendTo(_socket, bytes, bytes.Length, 0, [], 0), "netlink send");
    }
}
