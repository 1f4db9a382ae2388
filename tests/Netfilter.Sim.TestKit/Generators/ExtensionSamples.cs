using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Engine;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.TestKit.Generators;

/// <summary>Makes valid uses of extensions from their declarations: words of iptables, with a place where they may stand.</summary>
public static class ExtensionSamples
{
    private static readonly string[] Protocols = ["tcp", "udp", "sctp"];

    /// <summary>A table and chain that a use may stand in, and the words of a rule with it.</summary>
    public static (string Table, string Chain, List<string> Words) Rule(
        ExtensionDeclaration extension, ISampleSource source)
    {
        (string table, string chain) = Place(extension, source);
        List<string> words = [.. Base(extension, source)];
        bool isMatch = extension is MatchDeclaration;
        words.AddRange(isMatch ? ["-m", extension.Name] : ["-j", extension.Name]);
        words.AddRange(extension.Sample?.Invoke(source) ?? Options(extension, source));
        return (table, chain, words);
    }

    /// <summary>A table that the extension may stand in, and one of its chains that it may be reached from.</summary>
    public static (string Table, string Chain) Place(ExtensionDeclaration extension, ISampleSource source)
    {
        TableDefinition[] tables =
            [.. TableDefinition.All.Where(table => extension.OnlyTable is null || extension.OnlyTable == table.Name)];
        (string, string)[] places = [.. tables.SelectMany(table => table.BuiltInChains
            .Where(chain => (extension.Hooks & (Hooks)(1 << (int)table.HookOf(chain)!.Value)) != 0)
            .Select(chain => (table.Name, chain)))];
        return places[source.Next(places.Length)];
    }

    private static IEnumerable<string> Base(ExtensionDeclaration extension, ISampleSource source)
    {
        if (!extension.SampleBase.IsEmpty)
        {
            return extension.SampleBase;
        }
        if (extension.RequiredProtocol is { } protocol)
        {
            return ["-p", protocol.ToString(CultureInfo.InvariantCulture)];
        }
        string address = source.Family == IpFamily.IPv4
            ? $"10.{source.Next(256)}.{source.Next(256)}.0/{8 + source.Next(25)}"
            : $"2001:db8:{source.Next(65536):x}::/{source.Next(129)}";
        return source.Next(4) switch
        {
            0 => ["-s", address],
            1 => ["!", "-d", address],
            2 => ["-p", Protocols[source.Next(Protocols.Length)]],
            _ => [],
        };
    }

    private static IEnumerable<string> Options(ExtensionDeclaration extension, ISampleSource source)
    {
        List<OptionSpec> chosen = [];
        foreach (OptionSpec option in extension.Options)
        {
            bool isFree = !chosen.Exists(other => other.Excludes.Contains(option.Name) || option.Excludes.Contains(other.Name));
            if (isFree && (option.Required || source.Next(2) == 0))
            {
                chosen.Add(option);
            }
        }
        foreach (OptionSpec needed in chosen.SelectMany(option => option.AlsoRequires).Distinct()
            .Select(name => extension.FindOption(name)!).Where(option => !chosen.Contains(option)).ToList())
        {
            chosen.Add(needed);
        }
        foreach (OptionSpec option in chosen)
        {
            if (option.Invertible && source.Next(3) == 0)
            {
                yield return "!";
            }
            yield return "--" + option.Name;
            foreach (string word in Value(option, source))
            {
                yield return word;
            }
        }
    }

    private static string[] Value(OptionSpec option, ISampleSource source)
    {
        if (option.Kind == OptionKind.None)
        {
            return [];
        }
        if (option.Sample is not null)
        {
            return option.Sample(source).Split(' ');
        }
        ulong most = option.Kind switch
        {
            OptionKind.UInt8 or OptionKind.UInt8Range => byte.MaxValue,
            OptionKind.UInt16 or OptionKind.UInt16Range or OptionKind.Port or OptionKind.PortRange => ushort.MaxValue,
            _ => int.MaxValue,
        };
        most = option.Max == 0 ? most : Math.Min(option.Max, most);
        ulong low = option.Min + (ulong)source.Next((int)Math.Min(most - option.Min, int.MaxValue - 1) + 1);
        return [option.Kind switch
        {
            OptionKind.UInt8Range or OptionKind.UInt16Range or OptionKind.UInt32Range or OptionKind.UInt64Range
                or OptionKind.PortRange => $"{Math.Min(low, most / 2)}:{Math.Max(low, most / 2)}",
            OptionKind.Real => $"0.{source.Next(1_000_000_000):D9}",
            OptionKind.MarkMask => $"0x{source.Next(int.MaxValue):x}/0x{source.Next(int.MaxValue):x}",
            OptionKind.TosMask => $"0x{source.Next(256):x2}/0x{source.Next(256):x2}",
            OptionKind.SyslogLevel => $"{source.Next(8)}",
            OptionKind.Host => source.NextAddress(),
            OptionKind.HostMask => $"{source.NextAddress()}/{source.Next(source.Family == IpFamily.IPv4 ? 33 : 129)}",
            OptionKind.PrefixLength or OptionKind.PrefixMask => $"{source.Next(source.Family == IpFamily.IPv4 ? 33 : 129)}",
            OptionKind.Protocol => $"{1 + source.Next(255)}",
            OptionKind.MacAddress => $"02:00:00:00:{source.Next(256):x2}:{source.Next(256):x2}",
            OptionKind.Text => $"text{source.Next(1000)}",
            _ => low.ToString(CultureInfo.InvariantCulture),
        }];
    }
}
