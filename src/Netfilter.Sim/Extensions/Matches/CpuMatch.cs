using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary>
/// <c>-m cpu</c>: which processor handles the packet (<c>net/netfilter/xt_cpu.c cpu_mt</c>). A simulated host has one, number 0.
/// </summary>
/// <param name="Cpu">The processor.</param>
/// <param name="IsInverted">Whether all others are meant.</param>
public sealed record CpuMatch(uint Cpu, bool IsInverted) : Match
{
    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "cpu",
        KernelBytes = 8,
        Summary = "Matches by the processor that handles the packet.",
        Source = "net/netfilter/xt_cpu.c, extensions/libxt_cpu.c",
        Options = [new("cpu", OptionKind.UInt32) { Required = true, Invertible = true, ValueName = "number", Help = "The processor." }],
        Build = values => new CpuMatch((uint)values.Get<ulong>("cpu"), values.IsInverted("cpu")),
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override bool IsPure => true;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context) => MatchResult.When((Cpu == 0) != IsInverted);

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => Reason.Value("processor", result, Cpu, IsInverted);

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context) => writer.Option("cpu", Cpu, IsInverted);

    /// <inheritdoc/>
    public override void List(OptionWriter writer, in PrintContext context) =>
        writer.Word("cpu ").Raw(IsInverted ? "! " : "").Number(Cpu);
}
