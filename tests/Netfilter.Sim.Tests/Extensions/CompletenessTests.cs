using System.Text.Json;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.TestKit.Generators;
using Netfilter.Sim.TestKit.Reference;

namespace Netfilter.Sim.Tests.Extensions;

/// <summary>An extension without documentation, cases, generator or a file of its own is not done.</summary>
public sealed class CompletenessTests
{
    // The cases name the protocol only, which loads the match of the same name.
    private static readonly string[] LoadedByProtocol = ["esp"];

    private static readonly Lazy<HashSet<string>> NamedInCases = new(ReadNames);

    public static TheoryData<string, bool, IpFamily> Extensions()
    {
        TheoryData<string, bool, IpFamily> data = [];
        foreach (ExtensionDeclaration extension in ExtensionRegistry.Default.All)
        {
            foreach (IpFamily family in Enum.GetValues<IpFamily>().Where(extension.IsFor))
            {
                data.Add(extension.Name, extension is MatchDeclaration, family);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Declaration_Documentation_IsThere(string name, bool isMatch, IpFamily family)
    {
        ExtensionDeclaration extension = Find(name, isMatch, family);
        extension.Summary.ShouldEndWith(".");
        extension.Source.ShouldNotBeNullOrWhiteSpace();
        foreach (OptionSpec option in extension.Options)
        {
            option.Help.ShouldNotBeNullOrWhiteSpace($"--{option.Name} has no help");
        }
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Declaration_OfTheKernel_HasThePaddedSizeOfItsRecord(string name, bool isMatch, IpFamily family)
    {
        // SECMARK was not measured: it needs a security module, and no rule with it can be loaded without.
        ExtensionDeclaration extension = Find(name, isMatch, family);
        bool hasRecord = extension.InKernel && name is not "TRACE" and not "SECMARK";
        int bytes = family == IpFamily.IPv6 ? extension.KernelBytesV6 ?? extension.KernelBytes : extension.KernelBytes;
        (bytes > 0).ShouldBe(hasRecord);
        (bytes % 8).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Extension_SyntaxCases_NameIt(string name, bool isMatch, IpFamily family)
    {
        string option = isMatch ? LoadedByProtocol.Contains(name) ? "-p" : "-m" : "-j";
        NamedInCases.Value.Contains($"{family} {option} {name}").ShouldBeTrue($"no syntax case has {option} {name}");
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public void Extension_Generator_MakesAUseThatCanBeRead(string name, bool isMatch, IpFamily family)
    {
        (string table, _, List<string> words) = ExtensionSamples.Rule(Find(name, isMatch, family), new SeededSampleSource(7, family));
        words.ShouldContain(name);
        table.ShouldNotBeEmpty();
    }

    [Fact]
    public void Records_AllMatchesAndTargets_AreSealedAndHaveAFileOfTheirOwn()
    {
        string folder = Path.GetDirectoryName(ExtensionReference.PagePath())!;
        Type[] records = [.. typeof(Match).Assembly.GetTypes().Where(type => !type.IsAbstract
            && (typeof(Match).IsAssignableFrom(type) || typeof(ExtensionTarget).IsAssignableFrom(type))
            && type.Namespace!.StartsWith("Netfilter.Sim.Extensions.", StringComparison.Ordinal))];
        records.Length.ShouldBeGreaterThan(80);
        foreach (Type record in records)
        {
            record.IsSealed.ShouldBeTrue(record.Name);
            string kind = typeof(Match).IsAssignableFrom(record) ? "Matches" : "Targets";
            File.Exists(Path.Combine(folder, kind, record.Name + ".cs")).ShouldBeTrue($"{kind}/{record.Name}.cs");
        }
    }

    [Fact]
    public void ReferencePage_WhatTheDeclarationsSay_IsCurrent()
    {
        string page = File.ReadAllText(ExtensionReference.PagePath());
        (page == ExtensionReference.Page(page)).ShouldBeTrue("run the conformance program with -- reference");
    }

    private static ExtensionDeclaration Find(string name, bool isMatch, IpFamily family) => isMatch
        ? ExtensionRegistry.Default.FindMatch(name, family)!
        : ExtensionRegistry.Default.FindTarget(name, family)!;

    private static HashSet<string> ReadNames()
    {
        HashSet<string> names = [];
        using CaseSource cases = CaseSource.Open(Path.Combine(CaseFolder.Find(), "syntax.zip"));
        foreach (string line in cases.Paths.SelectMany(path =>
            System.Text.Encoding.UTF8.GetString(cases.Read(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries)))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            string[] words = [.. json.RootElement.GetProperty("argv").EnumerateArray().Select(word => Word(word))];
            IpFamily family = json.RootElement.GetProperty("family").GetString() == "ipv6" ? IpFamily.IPv6 : IpFamily.IPv4;
            for (int i = 0; i + 1 < words.Length; i++)
            {
                string option = words[i] switch { "--match" => "-m", "--jump" => "-j", { } other => other };
                names.Add($"{family} {option} {words[i + 1]}");
            }
        }
        return names;
    }

    // Bytes that are not UTF-8 stand in the cases as lone surrogates, which the reader refuses; no name has them.
    private static string Word(JsonElement word) =>
        word.GetRawText().Contains("\\ud", StringComparison.OrdinalIgnoreCase) ? "" : word.GetString()!;
}
