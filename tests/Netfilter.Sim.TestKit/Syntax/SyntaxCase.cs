using System.Text.Json;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>One command with what the tool did: its error, or what the table prints as afterwards.</summary>
internal sealed record SyntaxCase
{
    public required string Id { get; init; }

    public required IpFamily Family { get; init; }

    public required string Table { get; init; }

    public required string[] Words { get; init; }

    public required string[][] Setup { get; init; }

    public required bool IsAccepted { get; init; }

    public required string Topic { get; init; }

    /// <summary>The rules of the table afterwards, or null when it was refused.</summary>
    public string? Save { get; init; }

    public string? List { get; init; }

    public string? ListNumeric { get; init; }

    public string? TableAfter { get; init; }

    public string? Stdout { get; init; }

    public string? Warning { get; init; }

    public string? Error { get; init; }

    public int Exit { get; init; }

    public string? PartialSave { get; init; }

    public string? ReloadError { get; init; }

    public string? ReloadSave { get; init; }

    public static SyntaxCase Parse(JsonElement json) => new()
    {
        Id = json.Text("id")!,
        Family = json.Text("family") == "ipv6" ? IpFamily.IPv6 : IpFamily.IPv4,
        Table = json.Text("table")!,
        Words = json.Texts("argv"),
        Setup = json.TryGetProperty("setup", out JsonElement setup)
            ? [.. setup.EnumerateArray().Select(line => line.EnumerateArray().Select(word => word.Text()).ToArray())]
            : [],
        IsAccepted = json.GetProperty("ok").GetBoolean(),
        Topic = json.Text("topic") ?? "",
        Save = json.Text("save"),
        List = json.Text("L"),
        ListNumeric = json.Text("Lnv"),
        TableAfter = json.Text("table_after"),
        Stdout = json.Text("stdout"),
        Warning = json.Text("warning"),
        Error = json.Text("error"),
        Exit = json.TryGetProperty("exit", out JsonElement exit) ? exit.GetInt32() : 0,
        PartialSave = json.Text("partial_save"),
        ReloadError = json.Text("reload_error"),
        ReloadSave = json.Text("reload_save"),
    };
}
