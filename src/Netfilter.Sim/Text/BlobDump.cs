using System.Globalization;
using System.Text;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// A table as the kernel holds it, entry by entry at its place in memory, which <c>-v -v</c> prints
/// (<c>libiptc/libiptc.c</c>, <c>libip4tc.c</c> and <c>libip6tc.c</c>, <c>dump_entry</c>).
/// </summary>
internal sealed class BlobDump
{
    private const int RecordHead = 32, StandardTarget = 40, ErrorTarget = 64, NameBytes = 16;
    private const int FragmentV4 = 0x01, GotoV4 = 0x02, ProtocolV6 = 0x01, GotoV6 = 0x04;

    private static readonly (Hooks Hook, string Chain)[] HookOrder =
    [
        (Hooks.PreRouting, "PREROUTING"), (Hooks.LocalIn, "INPUT"), (Hooks.Forward, "FORWARD"), (Hooks.LocalOut, "OUTPUT"),
        (Hooks.PostRouting, "POSTROUTING"),
    ];

    private readonly StringBuilder _output;
    private readonly Table _table;
    private readonly IpFamily _family;
    private readonly Dictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _policies = new(StringComparer.Ordinal);
    private int _number, _at;

    private BlobDump(StringBuilder output, Table table, IpFamily family)
    {
        (_output, _table, _family) = (output, table, family);
        Place();
    }

    private int Head => _family == IpFamily.IPv4 ? 112 : 168;

    /// <summary>Writes a table.</summary>
    public static void Write(StringBuilder output, Table table, IpFamily family) => new BlobDump(output, table, family).Write();

    private void Write()
    {
        int size = _at;
        Line($"libiptc vlibxtables.so.12. {size} bytes.");
        Line($"Table `{_table.Name}'");
        Line($"Hooks: pre/in/fwd/out/post = {Places(_starts)}");
        Line($"Underflows: pre/in/fwd/out/post = {Places(_policies)}");
        _at = 0;
        IpSpec any = new(_family);
        foreach (Chain chain in _table.Chains)
        {
            if (!chain.IsBuiltIn)
            {
                WriteError(chain.Name);
            }
            int index = 0;
            foreach (Rule rule in chain.Rules)
            {
                Write(rule, chain.Rules.CountersOf(index++));
            }
            string verdict = chain.Policy switch { ChainPolicy.Accept => "NF_ACCEPT", ChainPolicy.Drop => "NF_DROP", _ => "RETURN" };
            WriteHead(any, false, chain.Policy is null ? default : chain.PolicyCounters);
            WriteStandard(verdict, Head + StandardTarget);
        }
        WriteError("ERROR");
    }

    // Where everything will lie: jumps go forward as well.
    private void Place()
    {
        foreach (Chain chain in _table.Chains)
        {
            _at += chain.IsBuiltIn ? 0 : Head + ErrorTarget;
            _starts[chain.Name] = _at;
            foreach (Rule rule in chain.Rules)
            {
                _at += SizeOf(rule);
            }
            _policies[chain.Name] = _at;
            _at += Head + StandardTarget;
        }
        _at += Head + ErrorTarget;
    }

    private string Places(Dictionary<string, int> places) => string.Join('/', HookOrder.Select(hook =>
        _table.Definition.BuiltInChains.Contains(hook.Chain) ? places[hook.Chain].ToString("x", CultureInfo.InvariantCulture) : "ffffffff"));

    private int SizeOf(Rule rule) => Head + TargetSize(rule) + rule.Matches.Sum(match => RecordHead + BytesOf(match.Declaration));

    private int TargetSize(Rule rule) =>
        rule.Target is ExtensionTarget target ? RecordHead + BytesOf(target.Declaration) : StandardTarget;

    private int BytesOf(ExtensionDeclaration extension) =>
        _family == IpFamily.IPv4 ? extension.KernelBytes : extension.KernelBytesV6 ?? extension.KernelBytes;

    private void Write(Rule rule, RuleCounters counters)
    {
        WriteHead(rule.Ip, rule.Target is JumpTarget { IsGoto: true }, counters);
        foreach (Match match in rule.Matches)
        {
            Line($"Match name: `{match.Declaration.KernelName ?? match.Declaration.Name}'");
        }
        int size = SizeOf(rule);
        if (rule.Target is ExtensionTarget target)
        {
            Line($"Target name: `{target.Declaration.KernelName ?? target.Declaration.Name}' [{TargetSize(rule)}]");
            End(size);
            return;
        }
        WriteStandard(
            rule.Target switch
            {
                null => (_at + size).ToString(CultureInfo.InvariantCulture),
                JumpTarget jump => _starts[jump.Chain].ToString(CultureInfo.InvariantCulture),
                VerdictTarget { Name: "RETURN" } => "RETURN",
                VerdictTarget { Name: "QUEUE" } when _family == IpFamily.IPv6 => "UNKNOWN",
                _ => "NF_" + rule.Target.Name,
            },
            size);
    }

    private void WriteError(string name)
    {
        WriteHead(new IpSpec(_family), false, default);
        Line($"Target name: `ERROR' [{ErrorTarget}]");
        Line($"error=`{name}'");
        End(Head + ErrorTarget);
    }

    private void WriteStandard(string verdict, int size)
    {
        Line($"Target name: `' [{StandardTarget}]");
        Line($"verdict={verdict}");
        End(size);
    }

    private void End(int size)
    {
        _output.Append('\n');
        _at += size;
    }

    private void WriteHead(IpSpec ip, bool isGoto, RuleCounters counters)
    {
        Line($"Entry {_number++} ({_at}):");
        WriteAddress("SRC", ip.Source);
        WriteAddress("DST", ip.Destination);
        _output.Append("Interface: ");
        WriteInterface(ip.InInterface);
        _output.Append("to ");
        WriteInterface(ip.OutInterface);
        Line($"");
        Line($"Protocol: {ip.Protocol}");
        int flags = _family == IpFamily.IPv4
            ? (ip.Has(IpSpecFlags.Fragment) ? FragmentV4 : 0) | (isGoto ? GotoV4 : 0)
            : (ip.Protocol != 0 ? ProtocolV6 : 0) | (isGoto ? GotoV6 : 0);
        Line($"Flags: {flags:X2}");
        Line($"Invflags: {Inversions(ip):X2}");
        Line($"Counters: {counters.Packets} packets, {counters.Bytes} bytes");
        Line($"Cache: 00000000");
    }

    private static int Inversions(IpSpec ip)
    {
        // IPT_INV_VIA_IN and so on, one bit each.
        (IpSpecFlags Flag, int Bit)[] bits =
        [
            (IpSpecFlags.NotInInterface, 0x01), (IpSpecFlags.NotOutInterface, 0x02), (IpSpecFlags.NotSource, 0x08),
            (IpSpecFlags.NotDestination, 0x10), (IpSpecFlags.NotFragment, 0x20), (IpSpecFlags.NotProtocol, 0x40),
        ];
        return bits.Where(bit => ip.Has(bit.Flag)).Sum(bit => bit.Bit);
    }

    private void WriteAddress(string which, NetPrefix prefix)
    {
        if (_family == IpFamily.IPv4)
        {
            Line($"{which} IP: {prefix.Address}/{prefix.Mask}");
        }
        else if (prefix.Length >= 0)
        {
            Line($"{which} IP: \n{prefix.Address}\n/{prefix.Length}");
        }
        else
        {
            Line($"{which} IP: \n{prefix.Address}\n/{prefix.Mask}\n");
        }
    }

    // The bytes that count are marked, the one behind a whole name too.
    private void WriteInterface(InterfacePattern? pattern)
    {
        string name = pattern?.Text ?? "";
        bool isPrefix = name.EndsWith('+');
        int bytes = ByteText.Length(name) + (name.Length == 0 ? 0 : isPrefix ? -1 : 1);
        _output.Append('`').Append(name).Append("'/").Append('X', bytes).Append('.', NameBytes - bytes);
    }

    private void Line(FormattableString text) => _output.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
