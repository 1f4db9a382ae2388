using System.Globalization;
using System.Numerics;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.TestKit.Conformance;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>Plays a recorded case in the simulator and compares what happens with what the kernel did.</summary>
public sealed class KernelPlayer
{
    /// <summary>Runs that tell what a value that is drawn once may be.</summary>
    private const int Draws = 40;

    private readonly KernelCase _case;
    private readonly KernelHost _host;
    private readonly List<KernelStepExpect> _done = [];

    /// <summary>Sets the case's host up.</summary>
    /// <param name="case">The case.</param>
    /// <param name="seed">Of what chance decides.</param>
    public KernelPlayer(KernelCase @case, ulong seed = 0)
        : this(@case, new SeededChance(seed))
    {
    }

    /// <summary>Sets the case's host up.</summary>
    /// <param name="case">The case.</param>
    /// <param name="chance">Who answers questions of chance.</param>
    public KernelPlayer(KernelCase @case, INetfilterChance chance)
    {
        _case = @case;
        _host = new KernelHost(@case, chance);
    }

    /// <summary>Plays the case up to its first difference.</summary>
    public CaseFailure? Play()
    {
        KernelRestoreResult loaded = _host.Load();
        CaseFailure? failure = CompareLoad(loaded);
        for (int i = 0; i < _case.Steps.Count && failure is null; i++)
        {
            KernelStep step = _case.Steps[i];
            KernelStepExpect actual = PlayStep(step);
            _done.Add(actual);
            failure = Compare(i, actual) is { } difference
                ? Describe(difference, $"step {i} ({step.Op} {step.Note ?? step.Cmd})")
                : null;
        }
        return failure ?? CompareEnd();
    }

    private KernelDifference? Compare(int step, KernelStepExpect actual)
    {
        KernelStepExpect expected = _case.Expect.Steps[step];
        KernelDifference? difference = KernelComparer.CompareStep(_case, _case.Steps[step], expected, actual);
        return difference is null || !_case.IsDistribution || !DistributionComparer.MayBeOneDraw(expected, actual)
            ? difference
            : DistributionComparer.CompareDraws(
                expected, [actual, .. Enumerable.Range(1, Draws).Select(seed => new KernelPlayer(_case, (ulong)seed).PlayTo(step))]);
    }

    private KernelStepExpect PlayTo(int step)
    {
        _host.Load();
        for (int i = 0; i < step; i++)
        {
            _done.Add(PlayStep(_case.Steps[i]));
        }
        return PlayStep(_case.Steps[step]);
    }

    private static CaseFailure Describe(KernelDifference difference, string where) =>
        new(difference.Cause, $"{where}: {difference.Text}");

    private CaseFailure? CompareLoad(KernelRestoreResult loaded)
    {
        int expected = _case.Expect.Restore?.Rc ?? 0;
        if (expected == 0 && loaded.Rc != 0 && KernelText.MissingExtension(loaded.Stderr) is { } missing)
        {
            throw new NotModelledException(missing);
        }
        return loaded.Rc == expected ? null : new CaseFailure($"ruleset: exit code {loaded.Rc}, recorded {expected}: {loaded.Stderr}");
    }

    private CaseFailure? CompareEnd()
    {
        KernelSnapshot actual = _host.Snapshot(KernelComparer.StateAtEnd(_case));
        return KernelComparer.CompareState(_case, _case.Expect, actual) is { } difference
            ? Describe(difference, "at the end")
            : null;
    }

    private KernelStepExpect PlayStep(KernelStep step)
    {
        KernelStepExpect result = step.Op switch
        {
            "receive" => Receive(step),
            "send" => _host.Send(step.Packet, step.Mark, step.Uid),
            "sleep" => _host.Sleep(TimeSpan.FromSeconds(step.Seconds)),
            "command" => _host.Command(step.Cmd ?? "", step.Output is not null),
            "restore" => _host.Restore(step.Ruleset, step.Noflush, step.Counters),
            "snapshot" => new KernelStepExpect(),
            "fill" => Fill(step),
            "connections" => Connections(step),
            _ => throw new NotModelledException($"step {step.Op}"),
        };
        IReadOnlyList<string> what = step.Op == "snapshot" ? step.What : _case.CaptureEach;
        return what.Count == 0 ? result : KernelComparer.WithState(result, _host.Snapshot(what));
    }

    private KernelStepExpect Receive(KernelStep step)
    {
        byte[] packet = step.Packet;
        Patch(step, packet);
        if (step.Repeat is not > 1)
        {
            return _host.Receive(step.Iface!, step.LinkHeader, packet);
        }
        Dictionary<string, int> emitted = [];
        int delivered = 0;
        for (int i = 0; i < step.Repeat; i++)
        {
            KernelStepExpect one = _host.Receive(step.Iface!, step.LinkHeader, packet);
            delivered += one.Delivered.Count;
            foreach (KernelPacket left in one.Emitted)
            {
                emitted[left.Iface] = emitted.GetValueOrDefault(left.Iface) + 1;
            }
        }
        return new KernelStepExpect
        {
            EmittedCount = emitted.Count > 0 ? emitted : null,
            DeliveredCount = delivered > 0 ? delivered : null,
        };
    }

    /// <summary>Fields whose value only this run knows (cookies), taken from packets that left before.</summary>
    private void Patch(KernelStep step, byte[] packet)
    {
        if (step.Patch.Count == 0)
        {
            return;
        }
        var fields = new PacketFields(packet);
        foreach (KernelPatch patch in step.Patch)
        {
            byte[] source = Convert.FromHexString(_done[patch.Step].Emitted[patch.Item].PacketHex);
            PacketField from = new PacketFields(source).Find(patch.From)!.Value;
            PacketField to = fields.Find(patch.Field)!.Value;
            BigInteger value = new BigInteger(source.AsSpan(from.Start, from.End - from.Start), true, true) + patch.Add;
            Write(packet.AsSpan(to.Start, to.End - to.Start), value);
        }
        PacketFields.FixChecksums(packet);
    }

    private static void Write(Span<byte> target, BigInteger value)
    {
        for (int i = target.Length - 1; i >= 0; i--)
        {
            target[i] = (byte)(value & 0xff);
            value >>= 8;
        }
    }

    private KernelStepExpect Fill(KernelStep step)
    {
        int passed = 0;
        for (int k = 0; k < step.Count; k++)
        {
            var packets = new FillPackets(step, step.Sport + k);
            bool left = _host.Receive(step.Iface!, [], packets.Syn).Emitted.Count > 0;
            if (left)
            {
                passed++;
                _host.Receive(step.Back!, [], packets.SynAck);
                _host.Receive(step.Iface!, [], packets.Ack);
            }
        }
        return new KernelStepExpect { Passed = passed };
    }

    private KernelStepExpect Connections(KernelStep step)
    {
        byte[] original = step.Packet;
        var spreads = new ConnectionSpread();
        for (int k = 0; k < step.Count; k++)
        {
            byte[] packet = [.. original];
            foreach (KernelVary vary in step.Vary)
            {
                PacketField field = ConnectionSpread.Find(packet, vary.Field);
                Span<byte> bytes = packet.AsSpan(field.Start, field.End - field.Start);
                Write(bytes, new BigInteger(bytes, true, true) + (k / vary.Each % vary.Size));
            }
            PacketFields.FixChecksums(packet);
            spreads.Count(_host.Receive(step.Iface!, step.LinkHeader, packet).Emitted);
        }
        return spreads.Result();
    }
}

/// <summary>The three packets of a connection that a <c>fill</c> step opens.</summary>
internal sealed class FillPackets(KernelStep step, int sourcePort)
{
    public byte[] Syn => Tcp(step.Src!, step.Dst!, sourcePort, step.Dport, 2, 1, 0);

    public byte[] SynAck => Tcp(step.Dst!, step.Src!, step.Dport, sourcePort, 0x12, 1, 2);

    public byte[] Ack => Tcp(step.Src!, step.Dst!, sourcePort, step.Dport, 0x10, 2, 2);

    private static byte[] Tcp(string source, string destination, int sourcePort, int destinationPort, byte flags, int sequence, int acknowledgement)
    {
        byte[] from = System.Net.IPAddress.Parse(source).GetAddressBytes();
        byte[] to = System.Net.IPAddress.Parse(destination).GetAddressBytes();
        byte[] header = from.Length == 4
            ? [0x45, 0, 0, 40, 0, 1, 0, 0, 64, 6, 0, 0, .. from, .. to]
            : [0x60, 0, 0, 0, 0, 20, 6, 64, .. from, .. to];
        byte[] packet =
        [
            .. header, (byte)(sourcePort >> 8), (byte)sourcePort, (byte)(destinationPort >> 8), (byte)destinationPort,
            0, 0, 0, (byte)sequence, 0, 0, 0, (byte)acknowledgement, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0,
        ];
        PacketFields.FixChecksums(packet);
        return packet;
    }
}

/// <summary>Counts the addresses and ports of the first packets that left, in a <c>connections</c> step.</summary>
internal sealed class ConnectionSpread
{
    private static readonly string[] Fields = ["src", "sport", "dst", "dport"];
    private readonly Dictionary<string, int>[] _seen = [[], [], [], []];
    private int _lost;

    /// <summary>The bytes of an address or a port.</summary>
    public static PacketField Find(ReadOnlySpan<byte> packet, string name)
    {
        var fields = new PacketFields(packet);
        return name is "src" or "dst"
            ? fields.Find("ip." + name)!.Value
            : new PacketField(name, fields.TransportOffset + (name == "sport" ? 0 : 2), fields.TransportOffset + (name == "sport" ? 2 : 4));
    }

    /// <summary>Counts what left after one packet came in.</summary>
    public void Count(IReadOnlyList<KernelPacket> emitted)
    {
        if (emitted.Count == 0)
        {
            _lost++;
            return;
        }
        byte[] packet = Convert.FromHexString(emitted[0].PacketHex);
        for (int i = 0; i < Fields.Length; i++)
        {
            PacketField field = Find(packet, Fields[i]);
            ReadOnlySpan<byte> bytes = packet.AsSpan(field.Start, field.End - field.Start);
            string value = bytes.Length == 2
                ? ((bytes[0] << 8) | bytes[1]).ToString(CultureInfo.InvariantCulture)
                : new System.Net.IPAddress(bytes).ToString();
            _seen[i][value] = _seen[i].GetValueOrDefault(value) + 1;
        }
    }

    /// <summary>The counts in the form of the record.</summary>
    public KernelStepExpect Result() => new()
    {
        Lost = _lost,
        Src = Spread(_seen[0], isPort: false),
        Sport = Spread(_seen[1], isPort: true),
        Dst = Spread(_seen[2], isPort: false),
        Dport = Spread(_seen[3], isPort: true),
    };

    private static KernelSpread Spread(Dictionary<string, int> counts, bool isPort)
    {
        var spread = new KernelSpread(counts.Count);
        if (isPort && counts.Count > 0)
        {
            IEnumerable<int> ports = counts.Keys.Select(port => int.Parse(port, CultureInfo.InvariantCulture));
            spread = spread with { Min = ports.Min(), Max = ports.Max() };
        }
        if (counts.Count <= 64)
        {
            return spread with { Counts = counts };
        }
        int[] sums = new int[16];
        foreach ((string value, int count) in counts)
        {
            sums[isPort ? int.Parse(value, CultureInfo.InvariantCulture) >> 12 : 0] += count;
        }
        return spread with { CountsBy4096 = sums };
    }
}
