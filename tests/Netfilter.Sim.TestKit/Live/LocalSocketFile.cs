using System.Buffers.Binary;
using System.Net;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Sockets of the real kernel in the namespace that the thread is in: listeners, and raw ones that send whole packets.</summary>
internal static class LocalSocketFile
{
    private const int IPv4Family = 2;
    private const int IPv6Family = 10;
    private const int IPv6Level = 41;
    private const int SocketLevel = 1;
    private const int Stream = 1;
    private const int Datagram = 2;

    /// <summary>A socket that is bound and, for TCP, listens.</summary>
    public static int Listener(KernelListener listener, bool isIPv6)
    {
        bool isTcp = listener.Proto == "tcp";
        int socket = AsUser(listener.Uid ?? 0, () => Make(isIPv6, isTcp ? Stream : Datagram, 0));
        Set(socket, SocketLevel, 2, 1);
        if (isIPv6)
        {
            Set(socket, IPv6Level, 26, 1);
        }
        if (listener.Transparent)
        {
            Set(socket, isIPv6 ? IPv6Level : 0, isIPv6 ? 75 : 19, 1);
        }
        byte[] address = Address(IPAddress.Parse(listener.Address ?? (isIPv6 ? "::" : "0.0.0.0")), listener.Port);
        LibC.Checked(LibC.Bind(socket, address, address.Length), $"bind {listener.Proto} {listener.Port}");
        if (isTcp)
        {
            LibC.Checked(LibC.Listen(socket, 16), "listen");
        }
        return socket;
    }

    /// <summary>A socket that sends packets with their IP header.</summary>
    /// <param name="source">Bound to it where it is an address of the host.</param>
    /// <param name="mark">Mark of its packets.</param>
    /// <param name="uid">Its owner, user and group.</param>
    public static int Raw(IPAddress source, uint mark, uint uid)
    {
        bool isIPv6 = source.GetAddressBytes().Length == 16;
        int socket = AsUser(uid, () => Make(isIPv6, LibC.RawSocket, 255));
        Set(socket, SocketLevel, 36, (int)mark);
        if (isIPv6)
        {
            Set(socket, IPv6Level, 36, 1);
        }
        Set(socket, SocketLevel, 6, 1);
        Set(socket, SocketLevel, 7, 1 << 20);
        byte[] address = Address(source, 0);
        _ = LibC.Bind(socket, address, address.Length);
        return socket;
    }

    /// <summary>A <c>sockaddr</c>.</summary>
    public static byte[] Address(IPAddress address, ushort port)
    {
        byte[] bytes = address.GetAddressBytes();
        byte[] result = bytes.Length == 4 ? [IPv4Family, 0, 0, 0, .. bytes, .. new byte[8]] : [IPv6Family, 0, 0, 0, 0, 0, 0, 0, .. bytes, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(2), port);
        return result;
    }

    private static int Make(bool isIPv6, int kind, int protocol) =>
        LibC.Checked(LibC.Socket(isIPv6 ? IPv6Family : IPv4Family, kind | LibC.CloseOnExec, protocol), "socket");

    private static void Set(int socket, int level, int name, int value) =>
        LibC.Checked(LibC.SetOption(socket, level, name, value, sizeof(int)), $"socket option {name}");

    private static int AsUser(uint uid, Func<int> make)
    {
        _ = LibC.SetFileGroup(uid);
        _ = LibC.SetFileUser(uid);
        try
        {
            return make();
        }
        finally
        {
            _ = LibC.SetFileUser(0);
            _ = LibC.SetFileGroup(0);
        }
    }
}
