using System.Buffers.Binary;
using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Packets;
using Netfilter.Sim.TestKit.Kernel;

namespace Netfilter.Sim.TestKit.Live;

/// <summary>Two hosts that talk: the one that began sends as it likes, the other answers what reached it, as it looked there.</summary>
public sealed class LiveFlow
{
    private const int Chatter = 14;
    private readonly LiveSource _source;
    private readonly PacketBuilder _common;
    private readonly int _from;
    private readonly uint _uid;
    private readonly bool _answersItself;
    private readonly bool _hasTimestamps;
    private uint _sequence;
    private uint _answerSequence;
    private int _phase;
    private int _sent;
    private KernelStep? _last;
    private bool _lastWasForward;
    private byte[]? _seen;
    private int _seenAt = Nowhere;

    private const int Nowhere = int.MinValue;
    private const int Local = -1;

    /// <summary>A flow that has not begun.</summary>
    /// <param name="source">What chance says.</param>
    /// <param name="common">What all packets of its beginner have.</param>
    /// <param name="from">Number of the interface behind which it is; negative for the host itself.</param>
    /// <param name="uid">Its user, on the host itself.</param>
    /// <param name="answersItself">Whether the host answers what reaches it.</param>
    public LiveFlow(LiveSource source, PacketBuilder common, int from, uint uid, bool answersItself)
    {
        (_source, _common, _from, _uid, _answersItself) = (source, common, from, uid, answersItself);
        (_sequence, _answerSequence) = (source.Bits(), source.Bits());
        _hasTimestamps = source.Percent(20);
    }

    private bool IsIcmp => _common.Protocol is 1 or 58;

    /// <summary>The next packet of either side; null when there is no more.</summary>
    public KernelStep? Next(LiveTraffic traffic)
    {
        if (_sent++ > Chatter)
        {
            return null;
        }
        bool canAnswer = _seenAt != Nowhere && !(_seenAt == Local && _answersItself);
        if (_last is not null && _source.Percent(6))
        {
            return _last;
        }
        if (canAnswer && _source.Percent(8))
        {
            return Keep(Error(traffic), false);
        }
        byte[]? packet = _common.Protocol == 6 ? Tcp(traffic, canAnswer, out bool forward) : Other(traffic, canAnswer, out forward);
        return packet is null
            ? null
            : Keep(forward ? LiveTraffic.Step(_from, packet, _uid) : LiveTraffic.Step(_seenAt, packet), forward);
    }

    /// <summary>What the kernel did with the packet that <see cref="Next"/> gave.</summary>
    public void Hear(KernelStep step, KernelStepExpect done)
    {
        if (!_lastWasForward || step != _last)
        {
            return;
        }
        byte[] sent = step.Packet;
        foreach ((KernelPacket packet, bool isLocal) in done.Emitted.Select(packet => (packet, false)).Concat(done.Delivered.Select(packet => (packet, true))))
        {
            byte[] bytes = Convert.FromHexString(packet.PacketHex);
            if (IsSame(sent, bytes))
            {
                _seen = bytes;
                _seenAt = isLocal ? Local : packet.Iface[^1] - '0';
                return;
            }
        }
    }

    private KernelStep Keep(KernelStep step, bool isForward)
    {
        (_last, _lastWasForward) = (step, isForward);
        return step;
    }

    // Translated or not: the same protocol and the same bytes behind the ports and the checksum.
    private static bool IsSame(byte[] sent, byte[] other)
    {
        PacketFields one = new(sent), two = new(other);
        if (!one.IsWhole || !two.IsWhole || one.Protocol != two.Protocol || two.FragmentOffset > 0)
        {
            return false;
        }
        if (one.Protocol is 6)
        {
            return one.Find("tcp.seq") is { } a && two.Find("tcp.seq") is { } b
                && sent.AsSpan(a.Start, 4).SequenceEqual(other.AsSpan(b.Start, 4));
        }
        if (one.Protocol is 1 or 58)
        {
            return sent[one.TransportOffset] == other[two.TransportOffset];
        }
        return sent.Length - one.TransportOffset == other.Length - two.TransportOffset;
    }

    private byte[] Tcp(LiveTraffic traffic, bool canAnswer, out bool forward)
    {
        TcpFlags flags;
        int data = 0;
        (forward, flags) = _phase switch
        {
            0 => (true, TcpFlags.Syn),
            1 => (false, TcpFlags.Syn | TcpFlags.Ack),
            2 => (true, TcpFlags.Ack),
            3 or 5 => (true, TcpFlags.Ack | TcpFlags.Psh),
            4 or 6 => (false, TcpFlags.Ack | TcpFlags.Psh),
            7 => (true, TcpFlags.Fin | TcpFlags.Ack),
            8 => (false, _source.Percent(50) ? TcpFlags.Fin | TcpFlags.Ack : TcpFlags.Ack),
            9 => (false, TcpFlags.Fin | TcpFlags.Ack),
            _ => (true, TcpFlags.Ack),
        };
        bool isOdd = _source.Percent(14);
        if (isOdd)
        {
            forward = !canAnswer || _source.Percent(50);
            flags = _source.Pick((TcpFlags[])[TcpFlags.Rst, TcpFlags.Rst | TcpFlags.Ack, TcpFlags.Syn, TcpFlags.Ack, TcpFlags.Syn | TcpFlags.Ack,
                TcpFlags.Fin | TcpFlags.Psh | TcpFlags.Urg, 0, TcpFlags.Fin | TcpFlags.Ack, TcpFlags.Ack | TcpFlags.Psh]);
        }
        else if (!forward && !canAnswer)
        {
            (forward, flags) = (true, _phase == 1 ? TcpFlags.Syn : TcpFlags.Ack);
            _phase += _source.Percent(50) ? 1 : 0;
        }
        else
        {
            _phase = _phase >= 10 && _source.Percent(30) ? 0 : _phase + (_phase == 3 && _source.Percent(30) ? 4 : 1);
            data = flags.HasFlag(TcpFlags.Psh) ? _source.Pick((int[])[1, 4, 40, 200, 1400]) : 0;
        }
        uint shift = isOdd && _source.Percent(40) ? _source.Pick((uint[])[1, uint.MaxValue, 70000, 1 << 20, unchecked((uint)-70000)]) : 0;
        PacketBuilder packet = (forward ? _common : Answer()) with
        {
            TcpFlags = flags,
            Sequence = (forward ? _sequence : _answerSequence) + shift,
            Acknowledgement = flags.HasFlag(TcpFlags.Ack) || _source.Percent(3) ? (forward ? _answerSequence : _sequence) : 0,
            Window = _source.Percent(10) ? _source.Pick((ushort[])[0, 1, 100]) : (ushort)29200,
            TcpOptions = Options(flags),
            Payload = Text(data),
            Identification = traffic.NextIdentification(),
        };
        if (shift == 0 && !isOdd)
        {
            Advance(forward, (uint)data + (flags.HasFlag(TcpFlags.Syn) ? 1u : 0) + (flags.HasFlag(TcpFlags.Fin) ? 1u : 0));
        }
        return packet.Build().ToArray();
    }

    private void Advance(bool forward, uint by)
    {
        if (forward)
        {
            _sequence += by;
        }
        else
        {
            _answerSequence += by;
        }
    }

    private ImmutableArray<byte> Options(TcpFlags flags)
    {
        ImmutableArray<byte> stamps = _hasTimestamps ? [1, 1, 8, 10, 0, 0, 0, (byte)_sent, 0, 0, 0, 0] : [];
        if (!flags.HasFlag(TcpFlags.Syn))
        {
            return _source.Percent(5) ? [1, 1, 5, 10, .. BitConverter.GetBytes(_source.Bits()), .. BitConverter.GetBytes(_source.Bits())] : stamps;
        }
        return _source.Next(4) switch
        {
            0 => [],
            1 => [2, 4, 5, 180, .. stamps],
            2 => [2, 4, 5, 180, 4, 2, 1, 1, 1, 3, 3, 7, .. stamps],
            _ => [2, 4, 2, 0, 1, 3, 3, (byte)_source.Next(16), .. stamps],
        };
    }

    private ImmutableArray<byte> Text(int length)
    {
        string word = _source.Pick(["ping", "pong", "xx", "abc", "zz"]);
        return [.. Enumerable.Range(0, length).Select(i => (byte)word[i % word.Length])];
    }

    private byte[] Other(LiveTraffic traffic, bool canAnswer, out bool forward)
    {
        forward = !canAnswer || _source.Percent(50);
        PacketBuilder packet = (forward ? _common : Answer()) with
        {
            Payload = Text(_source.Pick((int[])[4, 8, 60, 200, 1400])),
            Identification = traffic.NextIdentification(),
        };
        packet = _common.Protocol switch
        {
            1 => packet with { IcmpType = forward ? (byte)8 : (byte)0, IcmpRest = Echo(forward) },
            58 => packet with { IcmpType = forward ? (byte)128 : (byte)129, IcmpRest = Echo(forward) },
            132 => packet with { Payload = Chunk(), Tag = _phase == 0 ? 0 : _source.Percent(90) ? (forward ? 0x1111u : 0x2222u) : 0x3333u },
            47 => packet with { Payload = [0, 0, 8, 0, .. Text(20)] },
            33 => packet with { Payload = [.. Bytes16(packet.SourcePort), .. Bytes16(packet.DestinationPort), 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1] },
            17 => packet with { TransportChecksum = _source.Percent(4) ? (uint)_source.Next(2) : null, IcmpRest = 0 },
            _ => packet,
        };
        return packet.Build().ToArray();
    }

    private static byte[] Bytes16(ushort value) => [(byte)(value >> 8), (byte)value];

    // The identifier is that of the request as the answering host saw it.
    private uint Echo(bool forward) => forward || _seen is null
        ? ((uint)_common.SourcePort << 16) | (uint)_sent
        : BinaryPrimitives.ReadUInt32BigEndian(_seen.AsSpan(new PacketFields(_seen).TransportOffset + 4));

    private ImmutableArray<byte> Chunk()
    {
        byte[][] chunks =
        [
            [1, 0, 0, 20, 0, 0, 0x11, 0x11, 0, 0, 255, 255, 0, 1, 0, 1, 0, 0, 0, 1], [2, 0, 0, 20, 0, 0, 0x22, 0x22, 0, 0, 255, 255, 0, 1, 0, 1, 0, 0, 0, 1],
            [10, 0, 0, 4], [11, 0, 0, 4], [0, 3, 0, 20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], [3, 0, 0, 16, 0, 0, 0, 1, 0, 0, 255, 255, 0, 0, 0, 0],
            [7, 0, 0, 8, 0, 0, 0, 1], [8, 0, 0, 4], [14, 0, 0, 4], [4, 0, 0, 8, 0, 1, 0, 4], [6, 0, 0, 4],
        ];
        int index = _source.Percent(75) ? Math.Min(_phase, chunks.Length - 1) : _source.Next(chunks.Length);
        _phase++;
        return [.. chunks[index]];
    }

    /// <summary>What the other side sends: addresses and ports of what it saw, the other way round.</summary>
    private PacketBuilder Answer()
    {
        PacketFields fields = new(_seen!);
        ReadOnlySpan<byte> seen = _seen;
        PacketField source = fields.Find("ip.src")!.Value, destination = fields.Find("ip.dst")!.Value;
        bool hasPorts = !IsIcmp && seen.Length >= fields.TransportOffset + 4;
        return _common with
        {
            Source = NetAddress.FromBytes(seen[destination.Start..destination.End]),
            Destination = NetAddress.FromBytes(seen[source.Start..source.End]),
            SourcePort = hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(seen[(fields.TransportOffset + 2)..]) : (ushort)0,
            DestinationPort = hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(seen[fields.TransportOffset..]) : (ushort)0,
            Ttl = 64,
        };
    }

    /// <summary>An error about what was seen, from its destination or a router.</summary>
    private KernelStep Error(LiveTraffic traffic)
    {
        PacketBuilder answer = Answer();
        bool v6 = _source.IsIPv6;
        (byte type, byte code, uint rest) = _source.Pick<(byte, byte, uint)>(v6
            ? [(1, 4, 0), (1, 0, 0), (2, 0, 1280), (3, 0, 0), (4, 1, 6)]
            : [(3, 3, 0), (3, 1, 0), (3, 4, 1200), (11, 0, 0), (12, 0, 0), (3, 13, 0)]);
        int quoted = Math.Min(_seen!.Length, _source.Pick((int[])[28, 48, 548, 1200]));
        byte[] error = (answer with
        {
            Protocol = v6 ? (byte)58 : (byte)1,
            Source = _source.Percent(60) ? answer.Source : _source.NextAddress(),
            IcmpType = type,
            IcmpCode = code,
            IcmpRest = rest,
            Payload = [.. _seen.AsSpan(0, quoted)],
            Identification = traffic.NextIdentification(),
        }).Build().ToArray();
        return LiveTraffic.Step(_seenAt, error);
    }
}
