using System.Diagnostics;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Determinism;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Packets;
using Netfilter.Sim.Rules;
using Netfilter.Sim.TestKit.Syntax;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Fuzzing;

/// <summary>
/// Runs inputs made from recorded ones by random changes, and reports those that end otherwise than documented: command lines,
/// dumps and packets. The n-th input of seed s is the first of seed s + n.
/// </summary>
public sealed class Fuzzer
{
    // Shorter ones tell more of the machine than of the reader.
    private const int Timed = 4000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FuzzCorpus _corpus = FuzzCorpus.Load();
    private readonly NetworkNamespace _origin = NewHost();
    private readonly NetworkNamespace _loaded = NewHost();
    private readonly List<(ulong, string)> _failures = [];
    private int _commands;
    private int _dumps;
    private int _packets;
    private int _accepted;
    private double _slowest;
    private string _input = "";

    /// <summary>Makes a fuzzer on the repository's own cases.</summary>
    public Fuzzer() => _loaded.Restore(string.Join('\n', _corpus.Dumps[^1].Lines));

    /// <summary>Runs a number of inputs; stops at the first that hangs.</summary>
    public FuzzReport Run(int count, ulong seed)
    {
        int done = 0;
        Thread worker = new(() =>
        {
            for (; done < count; Volatile.Write(ref done, done + 1))
            {
                One(seed + (ulong)done);
            }
        })
        { IsBackground = true };
        worker.Start();
        for (int before = -1; !worker.Join(Patience); before = Volatile.Read(ref done))
        {
            if (before == Volatile.Read(ref done))
            {
                _failures.Add((seed + (ulong)before, $"hangs: {_input}"));
                break;
            }
        }
        return new FuzzReport(_commands, _dumps, _packets, _accepted, _failures, _slowest);
    }

    private void One(ulong seed)
    {
        FuzzMutator mutator = new(_corpus, seed);
        int kind = mutator.Next(20);
        try
        {
            string? wrong = kind < 10 ? Command(mutator) : kind < 16 ? Dump(mutator) : PacketBytes(mutator);
            if (wrong is not null)
            {
                _failures.Add((seed, $"{wrong}: {_input}"));
            }
        }
        catch (Exception exception)
        {
            string place = exception.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains(" at Netfilter", StringComparison.Ordinal))?.Trim() ?? "";
            _failures.Add((seed, $"{exception.GetType().Name}: {exception.Message} {place}: {_input}"));
        }
    }

    private string? Command(FuzzMutator mutator)
    {
        _commands++;
        (string[] recorded, string input) = mutator.One(_corpus.Commands);
        List<string> words = mutator.Command(recorded);
        input = input.Length > 0 ? mutator.Text(input) : input;
        _input = string.Join(' ', words) + (input.Length > 0 ? $" << {input}" : "");
        NetworkNamespace host = _origin.Fork();
        IptablesShell shell = new(host);
        ShellResult result = Shell(shell, words, input);
        if (Wrong(words[0], result) is { } wrong)
        {
            return wrong;
        }
        if (result.ExitCode != 0 || !words[0].Contains("tables", StringComparison.Ordinal))
        {
            return null;
        }
        _accepted++;
        string program = words[0].StartsWith("ip6", StringComparison.Ordinal) ? "ip6tables" : "iptables";
        shell.Execute([program, "-L", "-n", "-v"]);
        shell.Execute($"{program}-save");
        foreach (string text in FuzzCorpus.Packets)
        {
            host.Receive("eth0", Packet.Parse(text)).Explain();
        }
        return null;
    }

    private static ShellResult Shell(IptablesShell shell, List<string> words, string input)
    {
        ShellResult byWords = shell.Execute(words, input);
        try
        {
            shell.Execute("iptables -C INPUT " + string.Join(' ', words.Skip(1)));
        }
        catch (FormatException)
        {
            // An open quote is the one thing that a line may have wrong before there are words.
        }
        return byWords;
    }

    private static string? Wrong(string program, ShellResult result)
    {
        if (result.ExitCode is < 0 or > 4 && result.ExitCode != 127)
        {
            return $"exit code {result.ExitCode}";
        }
        bool saysWhy = result.ExitCode == 0 || result.Stderr.Length > 0 || !program.Contains("tables", StringComparison.Ordinal);
        return saysWhy ? null : $"exit code {result.ExitCode} without a word";
    }

    private string? Dump(FuzzMutator mutator)
    {
        _dumps++;
        (bool isIPv6, string[] lines) = mutator.One(_corpus.Dumps);
        _input = mutator.Dump(lines);
        IpFamily family = isIPv6 ? IpFamily.IPv6 : IpFamily.IPv4;
        long start = Stopwatch.GetTimestamp();
        bool isRuleset = Ruleset.TryParse(_input, family, out Ruleset? ruleset, out RulesetFormatException? error);
        if (_input.Length >= Timed)
        {
            _slowest = Math.Max(_slowest, Stopwatch.GetElapsedTime(start).TotalMicroseconds / _input.Length);
        }
        if (isRuleset)
        {
            _accepted++;
            Load(_origin.Fork(), ruleset!);
        }
        else if (error!.Line < 1 || error.Column < 1)
        {
            return $"an error at {error.Line}:{error.Column}";
        }
        string program = isIPv6 ? "ip6tables-restore" : "iptables-restore";
        List<string> words = mutator.Next(3) switch { 0 => [program, "-c"], 1 => [program, "-n"], _ => [program] };
        return Wrong(program, new IptablesShell(_origin.Fork()).Execute(words, _input));
    }

    private static void Load(NetworkNamespace host, Ruleset ruleset)
    {
        try
        {
            host.Load(ruleset);
        }
        catch (RulesetLoadException)
        {
            return;
        }
        host.Save(counters: true, ruleset.Family);
        foreach (string text in FuzzCorpus.Packets)
        {
            host.Receive("eth0", Packet.Parse(text)).Explain();
        }
    }

    private string? PacketBytes(FuzzMutator mutator)
    {
        _packets++;
        string literal = mutator.One(FuzzCorpus.Packets);
        byte[] bytes = mutator.Bytes(Packet.Parse(literal).ToArray());
        string text = mutator.Text(literal);
        _input = $"{Convert.ToHexString(bytes)} and {text}";
        NetworkNamespace host = _loaded.Fork();
        bool isDescribed = host.Receive("eth0", Packet.Parse(bytes)).Explain().Length > 0;
        host.Send(Packet.Parse(bytes)).Explain();
        if (Packet.TryParse(text, out Packet? packet))
        {
            _accepted++;
            host.Receive("eth0", packet).Explain();
        }
        return isDescribed ? null : "an empty explanation";
    }

    private static NetworkNamespace NewHost()
    {
        NetworkNamespace host = new("fuzz", new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddDays(20_000)), new SeededChance(1));
        host.AddInterface("eth0", "172.18.0.2/16", "fd00::1/64");
        host.AddInterface("eth1", "10.96.0.1/12", "192.168.1.1/24", "2001:db8::1/64");
        new IptablesShell(host).Execute("ipset restore", RecordedEnvironment.SyntaxSets);
        return host;
    }
}
