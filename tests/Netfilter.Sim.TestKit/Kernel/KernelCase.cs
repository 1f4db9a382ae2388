using System.Collections;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Netfilter.Sim.TestKit.Kernel;

/// <summary>A case recorded from a real kernel: a host, its rules, what was done and what happened.</summary>
public sealed record KernelCase
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
        RespectRequiredConstructorParameters = true,
    };

    private static readonly JsonSerializerOptions StrictOptions = new(Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    // What is nothing is not written.
    private static readonly JsonSerializerOptions WriteOptions = new(Options)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutEmpty } },
    };

    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public string Set { get; init; } = "";

    public string Seed { get; init; } = "";

    /// <summary><c>ipv4</c> or <c>ipv6</c>: whose tables are used.</summary>
    public required string Family { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public JsonElement Environment { get; init; }

    public required KernelHostSetup Host { get; init; }

    public IReadOnlyList<string> Ipsets { get; init; } = [];

    public IReadOnlyList<string> Ruleset { get; init; } = [];

    /// <summary>Only log lines that contain it were recorded; null when none were.</summary>
    public string? LogToken { get; init; }

    public IReadOnlyList<string> CaptureEach { get; init; } = [];

    public bool ConntrackEvents { get; init; }

    public IReadOnlyList<string> AllowRandom { get; init; } = [];

    public required IReadOnlyList<KernelStep> Steps { get; init; }

    public required KernelExpect Expect { get; init; }

    [JsonIgnore]
    public bool IsIPv6 => Family == "ipv6";

    [JsonIgnore]
    public bool IsDistribution => Tags.Contains("distribution");

    /// <summary>Reads a case.</summary>
    /// <param name="utf8">The file.</param>
    /// <param name="strict">Whether a field that is not known here is an error.</param>
    /// <exception cref="JsonException">It is not a case.</exception>
    public static KernelCase Parse(ReadOnlySpan<byte> utf8, bool strict = false) =>
        JsonSerializer.Deserialize<KernelCase>(utf8, strict ? StrictOptions : Options)
        ?? throw new JsonException("the file holds null");

    /// <summary>The case as a file.</summary>
    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, WriteOptions);

    private static void LeaveOutEmpty(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties.Where(property => !property.IsRequired))
        {
            property.ShouldSerialize = (_, value) => value is not (null or "" or 0 or 0u or 0.0 or false or ICollection { Count: 0 })
                && value is not JsonElement { ValueKind: JsonValueKind.Undefined };
        }
    }
}
