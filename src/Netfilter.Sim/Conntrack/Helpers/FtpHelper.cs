using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;

namespace Netfilter.Sim.Conntrack.Helpers;

/// <summary>
/// ftp: PORT and EPRT of the client, 227 and 229 of the server announce data connections (<c>nf_conntrack_ftp.c</c>,
/// <c>nf_nat_ftp.c</c>).
/// </summary>
internal sealed class FtpHelper : ConnectionHelper
{
    /// <inheritdoc/>
    public override string Name => "ftp";

    private enum Command
    {
        Port,
        ExtendedPort,
        Passive,
        ExtendedPassive,
    }

    private enum Found
    {
        Nothing,
        Partly,
        All,
    }

    /// <inheritdoc/>
    public override ExpectationPolicy PolicyOf(int expectationClass) => new(1, 300);

    /// <inheritdoc/>
    public override Verdict Help(PacketBuffer packet, int connection, WalkContext walk)
    {
        if (packet.ConntrackInfo is not (ConntrackInfo.Established or ConntrackInfo.EstablishedReply)
            || !TryGetTcpPayload(packet, out ReadOnlySpan<byte> text))
        {
            return Verdict.Accept;
        }
        ConnectionTracker tracker = walk.Conntrack;
        bool isOriginal = packet.ConntrackInfo.DirectionOf() == ConnectionDirection.Original;
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(packet.Transport[4..]);
        bool endsLine = text[^1] == '\n';
        uint next = unchecked(sequence + (uint)text.Length);
        Verdict verdict = Verdict.Accept;
        if (LinesOf(connection, isOriginal, tracker).Contains(sequence))
        {
            Found found = Search(text, isOriginal, tracker.TupleOf(connection, packet.ConntrackInfo.DirectionOf()).Source, out Announcement announced);
            if (found == Found.Partly)
            {
                return Refuse("part of an ftp command", walk);
            }
            verdict = found == Found.All ? Announce(packet, connection, announced, walk) : Verdict.Accept;
        }
        if (endsLine)
        {
            LinesOf(connection, isOriginal, tracker).Add(next);
        }
        return verdict;
    }

    private static ref FtpLineEnds LinesOf(int connection, bool isOriginal, ConnectionTracker tracker)
    {
        ref HelperMemory memory = ref tracker.Table.WriteExtension(connection).HelperMemory;
        return ref isOriginal ? ref memory.OriginalLines : ref memory.ReplyLines;
    }

    private static Verdict Announce(PacketBuffer packet, int connection, in Announcement announced, WalkContext walk)
    {
        ConnectionTracker tracker = walk.Conntrack;
        ConnectionDirection direction = packet.ConntrackInfo.DirectionOf();
        ConnectionTuple answers = tracker.TupleOf(connection, direction.Opposite());
        if (announced.Address != tracker.TupleOf(connection, direction).Source)
        {
            // Somebody else's address: it would open the way to third parties.
            return Verdict.Accept;
        }
        Expectation expectation = Expect(connection, answers.Source, answers.Destination, IpProtocols.Tcp, null, announced.Port);
        if (!IsTranslated(connection, tracker))
        {
            return Announce(expectation, walk);
        }
        if (AnnounceTranslated(expectation, direction.Opposite(), walk) is not { } added)
        {
            return Refuse("all ports in use", walk);
        }
        byte[] replacement = Write(announced.Command, answers.Destination, added.Tuple.DestinationPort);
        return ReplaceInTcp(packet, connection, announced.Offset, announced.Length, replacement, tracker)
            ? Verdict.Accept : Refuse("cannot mangle packet", walk);
    }

    /// <summary><c>nf_nat_ftp_fmt_cmd</c>.</summary>
    private static byte[] Write(Command command, NetAddress address, ushort port)
    {
        switch (command)
        {
            case Command.ExtendedPort:
                return Text($"|{(address.Family == IpFamily.IPv4 ? 1 : 2)}|{(address.Family == IpFamily.IPv4 ? address.ToString() : InFull(address))}|{port}|");
            case Command.ExtendedPassive:
                return Text($"|||{port}|");
            default:
                uint bits = address.IPv4Bits;
                return Text($"{bits >> 24},{bits >> 16 & 255},{bits >> 8 & 255},{bits & 255},{port >> 8},{port & 255}");
        }
    }

    /// <summary>All eight groups with four digits each, as the kernel's <c>%pI6</c> prints them.</summary>
    private static string InFull(NetAddress address) => string.Join(
        ':', Enumerable.Range(0, 8).Select(i => ((ushort)(address.Bits >> (112 - (16 * i)))).ToString("x4", CultureInfo.InvariantCulture)));

    private static Found Search(ReadOnlySpan<byte> text, bool isOriginal, NetAddress sender, out Announcement announced)
    {
        Found found = isOriginal
            ? Find(text, "PORT"u8, (byte)' ', Command.Port, sender, out announced)
            : Find(text, "227 "u8, 0, Command.Passive, sender, out announced);
        if (found != Found.Nothing)
        {
            return found;
        }
        return isOriginal
            ? Find(text, "EPRT"u8, (byte)' ', Command.ExtendedPort, sender, out announced)
            : Find(text, "229 "u8, (byte)'(', Command.ExtendedPassive, sender, out announced);
    }

    /// <summary><c>find_pattern</c>: the word, then something up to a character, then the numbers.</summary>
    private static Found Find(
        ReadOnlySpan<byte> text, ReadOnlySpan<byte> word, byte skipTo, Command command, NetAddress sender, out Announcement announced)
    {
        announced = default;
        if (text.Length <= word.Length)
        {
            return Ascii.EqualsIgnoreCase(text, word[..text.Length]) ? Found.Partly : Found.Nothing;
        }
        if (!StartsWithIgnoringCase(text, word))
        {
            return Found.Nothing;
        }
        int at = word.Length;
        if (skipTo != 0)
        {
            int skipped = text[at..^1].IndexOf(skipTo);
            if (skipped < 0)
            {
                return Found.Partly;
            }
            at += skipped + 1;
        }
        int length = Read(text, ref at, command, sender, out NetAddress address, out ushort port);
        announced = new Announcement(command, at, length, address, port);
        return length == 0 ? Found.Partly : Found.All;
    }

    private static int Read(
        ReadOnlySpan<byte> text, ref int at, Command command, NetAddress sender, out NetAddress address, out ushort port)
    {
        (address, port) = (sender, 0);
        switch (command)
        {
            case Command.Port:
                return ReadNumbers(text[at..], (byte)'\r', out address, out port);
            case Command.Passive:
                int digit = text[at..].IndexOfAnyInRange((byte)'0', (byte)'9');
                if (digit < 0)
                {
                    return 0;
                }
                at += digit;
                return ReadNumbers(text[at..], 0, out address, out port);
            case Command.ExtendedPort:
                return ReadExtended(text[at..], sender, out address, out port);
            default:
                ReadOnlySpan<byte> rest = text[at..];
                return rest.Length > 3 && IsDelimiter(rest[0]) && rest[1] == rest[0] && rest[2] == rest[0]
                    ? ReadPort(rest, 3, rest[0], out port) : 0;
        }
    }

    /// <summary><c>try_rfc959</c>: six numbers.</summary>
    private static int ReadNumbers(ReadOnlySpan<byte> text, byte terminator, out NetAddress address, out ushort port)
    {
        Span<uint> numbers = stackalloc uint[6];
        int length = ReadNumbers(text, numbers, (byte)',', terminator);
        unchecked
        {
            address = new NetAddress((numbers[0] << 24) | (numbers[1] << 16) | (numbers[2] << 8) | numbers[3]);
            port = (ushort)((numbers[4] << 8) | numbers[5]);
        }
        return length;
    }

    /// <summary><c>try_number</c>: as many numbers as asked for, then the terminator (0 for anything else).</summary>
    private static int ReadNumbers(ReadOnlySpan<byte> text, Span<uint> numbers, byte separator, byte terminator)
    {
        numbers.Clear();
        int index = 0;
        for (int i = 0; i < text.Length && index < numbers.Length; i++)
        {
            if (text[i] is >= (byte)'0' and <= (byte)'9')
            {
                numbers[index] = unchecked((numbers[index] * 10) + text[i] - '0');
            }
            else if (text[i] == separator)
            {
                index++;
            }
            else
            {
                return (text[i] == terminator || terminator == 0) && index == numbers.Length - 1 ? i : 0;
            }
        }
        return 0;
    }

    /// <summary><c>try_eprt</c>: delimiter, family, address, port.</summary>
    private static int ReadExtended(ReadOnlySpan<byte> text, NetAddress sender, out NetAddress address, out ushort port)
    {
        (address, port) = (sender, 0);
        bool isIPv4 = sender.Family == IpFamily.IPv4;
        if (text.Length <= 3 || !IsDelimiter(text[0]) || text[2] != text[0] || text[1] != (isIPv4 ? '1' : '2'))
        {
            return 0;
        }
        int length;
        if (isIPv4)
        {
            Span<uint> numbers = stackalloc uint[4];
            length = ReadNumbers(text[3..], numbers, (byte)'.', text[0]);
            address = new NetAddress(unchecked((numbers[0] << 24) | (numbers[1] << 16) | (numbers[2] << 8) | numbers[3]));
        }
        else
        {
            length = Math.Max(text[3..].IndexOf(text[0]), 0);
            length = NetAddress.TryParse(Encoding.Latin1.GetString(text.Slice(3, length)), out address) ? length : 0;
        }
        return length == 0 ? 0 : ReadPort(text, 3 + length + 1, text[0], out port);
    }

    /// <summary><c>get_port</c>.</summary>
    private static int ReadPort(ReadOnlySpan<byte> text, int start, byte delimiter, out ushort port)
    {
        port = 0;
        for (int i = start; i < text.Length; i++)
        {
            if (text[i] == delimiter)
            {
                return port == 0 ? 0 : i + 1;
            }
            if (text[i] is < (byte)'0' or > (byte)'9')
            {
                break;
            }
            port = unchecked((ushort)((port * 10) + text[i] - '0'));
        }
        return 0;
    }

    private static bool IsDelimiter(byte character) => character is >= 33 and <= 126 and not (>= (byte)'0' and <= (byte)'9');

    private readonly record struct Announcement(Command Command, int Offset, int Length, NetAddress Address, ushort Port);
}
