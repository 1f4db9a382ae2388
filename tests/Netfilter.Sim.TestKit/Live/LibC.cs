using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>The system calls of Linux that .NET does not offer: namespaces, TUN devices, netlink, raw sockets.</summary>
internal static partial class LibC
{
    public const int NewNetworkNamespace = 0x40000000;
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int NonBlocking = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int Netlink = 16;
    public const int Netfilter = 12;
    public const int RawSocket = 3;
    public const int Again = 11;
    public const int BrokenPipe = 32;

    /// <summary>Waits without work, as long as nothing is there to read.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct PollFile
    {
        public int File;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    public static partial int SetNamespace(int file, int kind);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial void Close(int file);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int file, Span<byte> buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int file, ReadOnlySpan<byte> buffer, nint length);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long Seek(int file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(int file, ulong request, ReadOnlySpan<byte> argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(Span<PollFile> files, ulong count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int kind, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int socket, ReadOnlySpan<byte> address, int length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int socket, int backlog);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int name, in int value, int length);

    [LibraryImport("libc", EntryPoint = "sendto", SetLastError = true)]
    public static partial nint SendTo(int socket, ReadOnlySpan<byte> bytes, nint length, int flags, ReadOnlySpan<byte> address, int addressLength);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, Span<byte> buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "setfsuid")]
    public static partial int SetFileUser(uint user);

    [LibraryImport("libc", EntryPoint = "setfsgid")]
    public static partial int SetFileGroup(uint group);

    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint IndexOfInterface(string name);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint EffectiveUser();

    /// <summary>The result of a call, which must not be negative.</summary>
    /// <exception cref="LiveException">It is.</exception>
    public static int Checked(int result, string what) =>
        result >= 0 ? result : throw new LiveException($"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
}

/// <summary>The machine did not do what a live comparison needs of it.</summary>
public sealed class LiveException(string message) : Exception(message);
