using System.Collections.Immutable;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions.Matches;

/// <summary><c>-m bpf</c>: a classic BPF program over the packet (<c>net/netfilter/xt_bpf.c bpf_mt_v1</c>).</summary>
/// <param name="Program">The instructions.</param>
public sealed record BpfMatch(EquatableArray<BpfInstruction> Program) : Match
{
    private const int MaxInstructions = 64;

    /// <summary>The declaration.</summary>
    public static MatchDeclaration Extension { get; } = new()
    {
        Name = "bpf",
        KernelBytes = 528,
        Summary = "Matches packets by a classic BPF program.",
        Source = "net/netfilter/xt_bpf.c, net/core/filter.c, extensions/libxt_bpf.c",
        NotModelled = "programs that read the link-layer header, or ancillary data but protocol, packet type, interface and mark",
        Revision = 1,
        Options =
        [
            new("bytecode", OptionKind.Text)
            {
                ValueName = "\"n,code jt jf k,...\"", Help = "The program, as nfbpf_compile prints it.", Parse = ReadProgram,
                Sample = source => $"2,48 0 0 {source.Next(20)},6 0 0 {source.Next(2)}",
            },
            new("object-pinned", OptionKind.Text)
            {
                ValueName = "path", Help = "A program in the BPF file system; there is none.",
                Parse = _ => throw OptionCall.Error("bpf: failed to get bpf object"),
            },
        ],
        FinalCheck = values =>
        {
            if (!values.Has("bytecode"))
            {
                throw OptionCall.Error("bpf: one of --bytecode or --pinned is required");
            }
        },
        Build = values => new BpfMatch(values.Get<EquatableArray<BpfInstruction>>("bytecode")),
        Sample = source => ["--bytecode", $"2,48 0 0 {source.Next(20)},6 0 0 {source.Next(2)}"],
    };

    /// <inheritdoc/>
    public override MatchDeclaration Declaration => Extension;

    /// <inheritdoc/>
    public override KernelErrno Check(in RuleCheck check) =>
        BpfChecker.IsValid(Program.AsSpan()) ? KernelErrno.None : KernelErrno.Invalid;

    /// <inheritdoc/>
    public override MatchResult Evaluate(in MatchContext context)
    {
        bool isKnown = BpfMachine.TryRun(Program.AsSpan(), context.Packet, context.Hook, out uint returned);
        return isKnown ? MatchResult.When(returned != 0, 0, returned) : MatchResult.Unknown();
    }

    /// <inheritdoc/>
    public override string Explain(MatchResult result) => result.Answer == MatchAnswer.Unknown
        ? "the program asks for something that is not modelled"
        : $"the program returned {result.Seen}";

    /// <inheritdoc/>
    public override void Save(OptionWriter writer, in PrintContext context)
    {
        writer.Flag("bytecode").Raw(" \"").Number((ulong)Program.Length).Raw(',');
        WriteProgram(writer);
        writer.Raw('"');
    }

    /// <summary>The tool forgets the blank before its text and prints the terminating zero.</summary>
    public override void List(OptionWriter writer, in PrintContext context)
    {
        writer.Raw("match bpf ");
        WriteProgram(writer);
        writer.Raw('\0');
    }

    private void WriteProgram(OptionWriter writer)
    {
        for (int i = 0; i < Program.Length; i++)
        {
            BpfInstruction instruction = Program[i];
            writer.Raw(i > 0 ? "," : "").Number(instruction.Code).Raw(' ').Number(instruction.JumpTrue).Raw(' ')
                .Number(instruction.JumpFalse).Raw(' ').Number(instruction.Operand);
        }
    }

    // bpf_parse_string, with the eyes of sscanf.
    private static object? ReadProgram(OptionCall call)
    {
        ReadOnlySpan<char> text = call.Argument;
        if (!TryScan(ref text, out uint length) || text.IsEmpty || text[0] != ',')
        {
            throw OptionCall.Error("bpf: error parsing program length");
        }
        length = (ushort)length;
        if (length == 0)
        {
            throw OptionCall.Error("bpf: illegal zero length program");
        }
        if (length > MaxInstructions)
        {
            throw OptionCall.Error("bpf: number of instructions exceeds maximum");
        }
        ImmutableArray<BpfInstruction>.Builder program = ImmutableArray.CreateBuilder<BpfInstruction>((int)length);
        while (text.IndexOf(',') is >= 0 and int comma && comma + 1 < text.Length)
        {
            text = text[(comma + 1)..];
            if (program.Count >= length)
            {
                throw OptionCall.Error("bpf: real program length exceeds the encoded length parameter");
            }
            ReadOnlySpan<char> rest = text;
            bool isRead = TryScan(ref rest, out uint code) & TryScan(ref rest, out uint jumpTrue)
                & TryScan(ref rest, out uint jumpFalse) & TryScan(ref rest, out uint operand);
            program.Add(isRead
                ? new BpfInstruction((ushort)code, (byte)jumpTrue, (byte)jumpFalse, operand)
                : throw OptionCall.Error($"bpf: error at instr {program.Count}"));
        }
        return program.Count == length
            ? new EquatableArray<BpfInstruction>(program.ToImmutable())
            : throw OptionCall.Error("bpf: parsed program length is less than the encoded length parameter");
    }

    private static bool TryScan(ref ReadOnlySpan<char> text, out uint value)
    {
        text = text.TrimStart(" \t\n\v\f\r");
        bool isNegative = text.StartsWith("-");
        text = isNegative || text.StartsWith("+") ? text[1..] : text;
        ulong sum = 0;
        int digits = 0;
        for (; digits < text.Length && char.IsAsciiDigit(text[digits]); digits++)
        {
            sum = sum > uint.MaxValue ? sum : (sum * 10) + (uint)(text[digits] - '0');
        }
        text = text[digits..];
        value = unchecked((uint)(isNegative ? 0 - sum : sum));
        return digits > 0;
    }
}
