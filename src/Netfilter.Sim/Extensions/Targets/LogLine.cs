using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Routing;

namespace Netfilter.Sim.Extensions.Targets;

/// <summary>
/// The line that the kernel's log has for a packet (<c>net/netfilter/nf_log_syslog.c nf_log_ip_packet, nf_log_ip6_packet</c>),
/// from the prefix on, final blank included.
/// </summary>
internal sealed class LogLine
{
    private const int EthernetHeader = 14;

    private static readonly string[] TcpFlagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];

    private readonly StringBuilder _text = new(256);
    private readonly PacketBuffer _packet;
    private readonly LogFlags _flags;

    private LogLine(PacketBuffer packet, LogFlags flags) => (_packet, _flags) = (packet, flags);

    private ReadOnlySpan<byte> Bytes => _packet.Span;

    /// <summary>The line about a packet at a hook.</summary>
    public static string Format(PacketBuffer packet, Hook hook, string prefix, LogFlags flags)
    {
        LogLine line = new(packet, flags);
        NetDevice? input = hook == Hook.LocalOut ? null : packet.InDevice;
        NetDevice? output = hook is Hook.PreRouting or Hook.LocalIn ? null : packet.OutDevice;
        line._text.Append(prefix);
        line.Add($"IN={input?.Name} OUT={output?.Name} ");
        line.AddPorts(input, output);
        if (input is not null)
        {
            line.AddMac();
        }
        if (packet.Family == IpFamily.IPv4)
        {
            line.AddIPv4(0);
        }
        else
        {
            line.AddIPv6(0);
        }
        return line._text.ToString();
    }

    private void Add(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture));

    // nf_log_dump_packet_common: the ports of a bridge.
    private void AddPorts(NetDevice? input, NetDevice? output)
    {
        if (_packet.PhysInDevice is { } physIn && physIn != input)
        {
            Add($"PHYSIN={physIn.Name} ");
        }
        if (_packet.PhysOutDevice is { } physOut && physOut != output)
        {
            Add($"PHYSOUT={physOut.Name} ");
        }
    }

    // dump_mac_header
    private void AddMac()
    {
        int length = Math.Min(_packet.LinkHeaderLength, EthernetHeader);
        ReadOnlySpan<byte> link = _packet.Bytes.AsSpan(_packet.Start - _packet.LinkHeaderLength, length);
        bool isEthernet = length == EthernetHeader && _packet.InDevice?.Kind != NetDeviceKind.Loopback;
        if ((_flags & LogFlags.MacDecode) != 0 && isEthernet)
        {
            _text.Append("MACSRC=");
            AddHex(link[6..12], ":");
            _text.Append(" MACDST=");
            AddHex(link[..6], ":");
            Add($" MACPROTO={BinaryPrimitives.ReadUInt16BigEndian(link[12..]):x4} ");
            return;
        }
        _text.Append("MAC=");
        AddHex(link, ":");
        _text.Append(' ');
    }

    private void AddHex(ReadOnlySpan<byte> bytes, string separator, bool upper = false)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            _text.Append(i == 0 ? "" : separator).Append(bytes[i].ToString(upper ? "X2" : "x2", CultureInfo.InvariantCulture));
        }
    }

    // dump_ipv4_packet
    private void AddIPv4(int start)
    {
        if (Bytes.Length < start + 20)
        {
            _text.Append("TRUNCATED");
            return;
        }
        ReadOnlySpan<byte> ip = Bytes[start..];
        (int headerLength, int fragment) = ((ip[0] & 15) * 4, BinaryPrimitives.ReadUInt16BigEndian(ip[6..]));
        Add($"SRC={NetAddress.FromBytes(ip[12..16])} DST={NetAddress.FromBytes(ip[16..20])} ");
        Add($"LEN={BinaryPrimitives.ReadUInt16BigEndian(ip[2..])} TOS=0x{ip[1] & 0x1e:X2} PREC=0x{ip[1] & 0xe0:X2} TTL={ip[8]} ");
        Add($"ID={BinaryPrimitives.ReadUInt16BigEndian(ip[4..])} ");
        _text.Append((fragment & 0x8000) != 0 ? "CE " : "").Append((fragment & 0x4000) != 0 ? "DF " : "");
        _text.Append((fragment & 0x2000) != 0 ? "MF " : "");
        bool isLater = (fragment & 0x1fff) != 0;
        if (isLater)
        {
            Add($"FRAG:{fragment & 0x1fff} ");
        }
        if ((_flags & LogFlags.IpOptions) != 0 && headerLength > 20)
        {
            if (ip.Length < headerLength)
            {
                _text.Append("TRUNCATED");
                return;
            }
            _text.Append("OPT (");
            AddHex(ip[20..headerLength], "", upper: true);
            _text.Append(") ");
        }
        if (AddTransportV4(ip[9], isLater, start, start + headerLength) && start == 0)
        {
            AddSocketAndMark();
        }
    }

    private bool AddTransportV4(byte protocol, bool isLater, int start, int offset)
    {
        switch (protocol)
        {
            case IpProtocols.Tcp:
                return AddTcp(isLater, offset);
            case IpProtocols.Udp:
            case IpProtocols.UdpLite:
                return AddUdp(protocol, isLater, offset);
            case IpProtocols.Icmp:
                AddIcmp(isLater, start, offset);
                return true;
            case IpProtocols.Ah:
                AddSpi("AH", isLater, offset, headerLength: 12, at: 4);
                return true;
            case IpProtocols.Esp:
                AddSpi("ESP", isLater, offset, headerLength: 8, at: 0);
                return true;
            default:
                Add($"PROTO={protocol} ");
                return true;
        }
    }

    // nf_log_dump_tcp_header
    private bool AddTcp(bool isLater, int offset)
    {
        _text.Append("PROTO=TCP ");
        if (isLater)
        {
            return true;
        }
        if (IsIncomplete(offset, 20))
        {
            return false;
        }
        ReadOnlySpan<byte> tcp = Bytes[offset..];
        Add($"SPT={BinaryPrimitives.ReadUInt16BigEndian(tcp)} DPT={BinaryPrimitives.ReadUInt16BigEndian(tcp[2..])} ");
        if ((_flags & LogFlags.TcpSequence) != 0)
        {
            Add($"SEQ={BinaryPrimitives.ReadUInt32BigEndian(tcp[4..])} ACK={BinaryPrimitives.ReadUInt32BigEndian(tcp[8..])} ");
        }
        Add($"WINDOW={BinaryPrimitives.ReadUInt16BigEndian(tcp[14..])} RES=0x{(tcp[12] & 14) << 2:x2} ");
        // Accurate ECN took a reserved bit.
        _text.Append((tcp[12] & 1) != 0 ? "AE " : "");
        for (int bit = 7; bit >= 0; bit--)
        {
            _text.Append((tcp[13] & (1 << bit)) != 0 ? TcpFlagNames[bit] + " " : "");
        }
        Add($"URGP={BinaryPrimitives.ReadUInt16BigEndian(tcp[18..])} ");
        int headerLength = (tcp[12] >> 4) * 4;
        if ((_flags & LogFlags.TcpOptions) == 0 || headerLength <= 20)
        {
            return true;
        }
        if (tcp.Length < headerLength)
        {
            _text.Append("OPT (TRUNCATED)");
            return false;
        }
        _text.Append("OPT (");
        AddHex(tcp[20..headerLength], "", upper: true);
        _text.Append(") ");
        return true;
    }

    // nf_log_dump_udp_header
    private bool AddUdp(byte protocol, bool isLater, int offset)
    {
        _text.Append(protocol == IpProtocols.Udp ? "PROTO=UDP " : "PROTO=UDPLITE ");
        if (isLater)
        {
            return true;
        }
        if (IsIncomplete(offset, 8))
        {
            return false;
        }
        ReadOnlySpan<byte> udp = Bytes[offset..];
        Add($"SPT={BinaryPrimitives.ReadUInt16BigEndian(udp)} DPT={BinaryPrimitives.ReadUInt16BigEndian(udp[2..])} ");
        Add($"LEN={BinaryPrimitives.ReadUInt16BigEndian(udp[4..])} ");
        return true;
    }

    private void AddSpi(string name, bool isLater, int offset, int headerLength, int at)
    {
        Add($"PROTO={name} ");
        if (!isLater && !IsIncomplete(offset, headerLength))
        {
            Add($"SPI=0x{BinaryPrimitives.ReadUInt32BigEndian(Bytes[(offset + at)..]):x} ");
        }
    }

    private void AddIcmp(bool isLater, int start, int offset)
    {
        _text.Append("PROTO=ICMP ");
        if (isLater || IsIncomplete(offset, 8))
        {
            return;
        }
        ReadOnlySpan<byte> icmp = Bytes[offset..];
        (byte type, byte code) = (icmp[0], icmp[1]);
        Add($"TYPE={type} CODE={code} ");
        int required = type switch
        {
            3 or 4 or 5 or 11 or 12 => 28,
            13 or 14 => 20,
            17 or 18 => 12,
            _ => 0,
        };
        if (IsIncomplete(offset, required))
        {
            return;
        }
        switch (type)
        {
            case 0:
            case 8:
                Add($"ID={BinaryPrimitives.ReadUInt16BigEndian(icmp[4..])} SEQ={BinaryPrimitives.ReadUInt16BigEndian(icmp[6..])} ");
                break;
            case 12:
                Add($"PARAMETER={icmp[4]} ");
                break;
            case 3:
            case 4:
            case 5:
            case 11:
                AddQuotedIPv4(icmp, start, offset);
                break;
        }
    }

    private void AddQuotedIPv4(ReadOnlySpan<byte> icmp, int start, int offset)
    {
        if (icmp[0] == 5)
        {
            Add($"GATEWAY={NetAddress.FromBytes(icmp[4..8])} ");
        }
        if (start == 0)
        {
            _text.Append('[');
            AddIPv4(offset + 8);
            _text.Append("] ");
        }
        if (icmp[0] == 3 && icmp[1] == 4)
        {
            Add($"MTU={BinaryPrimitives.ReadUInt16BigEndian(icmp[6..])} ");
        }
    }

    // dump_ipv6_packet
    private void AddIPv6(int start)
    {
        if (Bytes.Length < start + 40)
        {
            _text.Append("TRUNCATED");
            return;
        }
        ReadOnlySpan<byte> ip = Bytes[start..];
        uint first = BinaryPrimitives.ReadUInt32BigEndian(ip);
        _text.Append("SRC=");
        AddAddressV6(ip[8..24]);
        _text.Append(" DST=");
        AddAddressV6(ip[24..40]);
        Add($" LEN={BinaryPrimitives.ReadUInt16BigEndian(ip[4..]) + 40} TC={(first >> 20) & 255} HOPLIMIT={ip[7]} FLOWLBL={first & 0xfffff} ");
        byte next = ip[6];
        int offset = start + 40;
        bool isLater = false;
        while (next is 0 or 43 or 44 or 50 or 51 or 60)
        {
            if (!AddExtension(ref next, ref offset, ref isLater))
            {
                return;
            }
        }
        if (AddTransportV6(next, isLater, start, offset) && start == 0)
        {
            AddSocketAndMark();
        }
    }

    private bool AddTransportV6(byte protocol, bool isLater, int start, int offset)
    {
        switch (protocol)
        {
            case IpProtocols.Tcp:
                return AddTcp(isLater, offset);
            case IpProtocols.Udp:
            case IpProtocols.UdpLite:
                return AddUdp(protocol, isLater, offset);
            case IpProtocols.IcmpV6:
                return AddIcmpV6(isLater, start, offset);
            default:
                Add($"PROTO={protocol} ");
                return true;
        }
    }

    // One extension header; false when the line ends with it.
    private bool AddExtension(ref byte next, ref int offset, ref bool isLater)
    {
        if (Bytes.Length < offset + 2)
        {
            _text.Append("TRUNCATED");
            return false;
        }
        bool isNamed = (_flags & LogFlags.IpOptions) != 0;
        _text.Append(isNamed ? "OPT ( " : "");
        ReadOnlySpan<byte> header = Bytes[offset..];
        int length = (header[1] + 1) * 8;
        switch (next)
        {
            case IpProtocols.Fragment:
                if (!AddFragment(header, ref isLater))
                {
                    return false;
                }
                length = 8;
                break;
            case IpProtocols.Ah:
                length = (header[1] + 2) * 4;
                if (isNamed && !AddSecurityHeader("AH ", 12, 4, isLater, offset))
                {
                    return false;
                }
                break;
            case IpProtocols.Esp:
                if (isNamed && AddSecurityHeader("ESP ", 8, 0, isLater, offset))
                {
                    _text.Append(')');
                }
                return false;
            default:
                if (isLater)
                {
                    _text.Append(isNamed ? ")" : "");
                    return false;
                }
                break;
        }
        _text.Append(isNamed ? ") " : "");
        next = header[0];
        offset += length;
        return true;
    }

    private bool AddFragment(ReadOnlySpan<byte> header, ref bool isLater)
    {
        _text.Append("FRAG:");
        if (header.Length < 8)
        {
            _text.Append("TRUNCATED ");
            return false;
        }
        int fragment = BinaryPrimitives.ReadUInt16BigEndian(header[2..]);
        Add($"{fragment & 0xfff8} {((fragment & 1) != 0 ? "INCOMPLETE " : "")}ID:{BinaryPrimitives.ReadUInt32BigEndian(header[4..]):x8} ");
        isLater |= (fragment & 0xfff8) != 0;
        return true;
    }

    private bool AddSecurityHeader(string name, int headerLength, int at, bool isLater, int offset)
    {
        _text.Append(name);
        if (isLater)
        {
            _text.Append(')');
            return false;
        }
        if (IsIncomplete(offset, headerLength))
        {
            _text.Append(')');
            return false;
        }
        Add($"SPI=0x{BinaryPrimitives.ReadUInt32BigEndian(Bytes[(offset + at)..]):x} ");
        return true;
    }

    private bool AddIcmpV6(bool isLater, int start, int offset)
    {
        _text.Append("PROTO=ICMPv6 ");
        if (isLater)
        {
            return true;
        }
        if (IsIncomplete(offset, 8))
        {
            return false;
        }
        ReadOnlySpan<byte> icmp = Bytes[offset..];
        byte type = icmp[0];
        Add($"TYPE={type} CODE={icmp[1]} ");
        if (type is 128 or 129)
        {
            Add($"ID={BinaryPrimitives.ReadUInt16BigEndian(icmp[4..])} SEQ={BinaryPrimitives.ReadUInt16BigEndian(icmp[6..])} ");
        }
        if (type == 4)
        {
            Add($"POINTER={BinaryPrimitives.ReadUInt32BigEndian(icmp[4..]):x8} ");
        }
        if (type is >= 1 and <= 4)
        {
            if (start == 0)
            {
                _text.Append('[');
                AddIPv6(offset + 8);
                _text.Append("] ");
            }
            if (type == 2)
            {
                Add($"MTU={BinaryPrimitives.ReadUInt32BigEndian(icmp[4..])} ");
            }
        }
        return true;
    }

    private bool IsIncomplete(int offset, int required)
    {
        int there = Bytes.Length - offset;
        if (there >= required)
        {
            return false;
        }
        Add($"INCOMPLETE [{unchecked((uint)there)} bytes] ");
        return true;
    }

    private void AddSocketAndMark()
    {
        if ((_flags & LogFlags.Uid) != 0 && _packet.Socket is { IsKernel: false } socket)
        {
            Add($"UID={socket.Uid} GID={socket.Gid} ");
        }
        if (_packet.Mark != 0)
        {
            Add($"MARK=0x{_packet.Mark:x} ");
        }
    }

    private void AddAddressV6(ReadOnlySpan<byte> address)
    {
        for (int i = 0; i < 16; i += 2)
        {
            Add($"{(i == 0 ? "" : ":")}{BinaryPrimitives.ReadUInt16BigEndian(address[i..]):x4}");
        }
    }
}
