using System.Text.Json;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Syntax;

namespace Netfilter.Sim.TestKit.Fuzzing;

/// <summary>What inputs are made from: recorded commands with their input, dumps, and packets.</summary>
internal sealed class FuzzCorpus
{
    private FuzzCorpus(List<(string[] Words, string Input)> commands, List<(bool IsIPv6, string[] Lines)> dumps)
    {
        Commands = commands;
        Dumps = dumps;
        SetTexts = [.. commands
            .Where(command => command.Words[0] == "ipset")
            .Chunk(20)
            .Select(chunk => string.Join('\n', chunk.Select(command => string.Join(' ', command.Words.Skip(1)))))];
        Words = [.. commands.SelectMany(command => command.Words).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    public IReadOnlyList<(string[] Words, string Input)> Commands { get; }

    public IReadOnlyList<(bool IsIPv6, string[] Lines)> Dumps { get; }

    /// <summary>Commands of ipset as <c>ipset restore</c> takes them.</summary>
    public IReadOnlyList<string> SetTexts { get; }

    /// <summary>Every word that a command has, for replacing others with.</summary>
    public IReadOnlyList<string> Words { get; }

    public static string[] Packets { get; } =
    [
        "192.168.1.5:40000 > 10.96.0.10:53/tcp syn", "192.168.1.5:40000 > 10.96.0.10:53/udp",
        "192.168.1.5 > 10.0.0.2/icmp echo-request", "[2001:db8::5]:40000 > [fd00::1]:80/tcp syn",
        "[2001:db8::5]:40000 > [fd00::1]:53/udp", "172.18.0.9:5000 > 172.18.0.2:32518/tcp syn",
    ];

    /// <summary>Reads the repository's own cases and sample dumps.</summary>
    public static FuzzCorpus Load()
    {
        List<(string[], string)> commands = [];
        List<(bool, string[])> dumps = [];
        string folder = CaseFolder.Find();
        using (CaseSource syntax = CaseSource.Open(Path.Combine(folder, "syntax.zip")))
        {
            foreach (string line in syntax.Paths.SelectMany(path => ByteText.Decode(syntax.Read(path)).Split('\n')))
            {
                if (line.Length > 0)
                {
                    using JsonDocument json = JsonDocument.Parse(line);
                    SyntaxCase recorded = SyntaxCase.Parse(json.RootElement);
                    string program = recorded.Family == Addressing.IpFamily.IPv4 ? "iptables" : "ip6tables";
                    commands.Add(([program, "-t", recorded.Table, .. recorded.Words], ""));
                }
            }
        }
        using (CaseSource cli = CaseSource.Open(Path.Combine(folder, "cli.zip")))
        {
            foreach (string path in cli.Paths)
            {
                using JsonDocument json = JsonDocument.Parse(cli.Read(path));
                foreach (JsonElement step in json.RootElement.GetProperty("steps").EnumerateArray())
                {
                    string[] words = step.Texts("argv");
                    string input = step.Text("stdin") ?? "";
                    commands.Add((words, input));
                    if (words[0].EndsWith("-restore", StringComparison.Ordinal))
                    {
                        dumps.Add((words[0].StartsWith("ip6", StringComparison.Ordinal), input.Split('\n')));
                    }
                }
            }
        }
        string samples = Path.Combine(folder, "..", "..", "samples", "KindCluster", "data", "rules");
        foreach (string path in Directory.EnumerateFiles(samples, "*.rules", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            dumps.Add((false, File.ReadAllText(path).Split('\n')));
        }
        return new FuzzCorpus(commands, dumps);
    }
}
