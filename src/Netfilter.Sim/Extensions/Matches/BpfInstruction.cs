namespace Netfilter.Sim.Extensions.Matches;

/// <summary>One instruction of classic BPF (<c>struct sock_filter</c>).</summary>
/// <param name="Code">What it does.</param>
/// <param name="JumpTrue">Instructions to skip when its condition holds.</param>
/// <param name="JumpFalse">Instructions to skip when it does not.</param>
/// <param name="Operand">The constant, offset or number of a memory word.</param>
public readonly record struct BpfInstruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Operand);

/// <summary>Parts of <see cref="BpfInstruction.Code"/> (<c>BPF_*</c>) and offsets with a meaning (<c>SKF_*</c>).</summary>
internal static class Bpf
{
    public const int ClassMask = 7, Load = 0, LoadX = 1, Store = 2, StoreX = 3, Alu = 4, Jump = 5, Return = 6, Misc = 7;

    public const int SizeMask = 0x18, Word = 0, Half = 8, Byte = 0x10;

    public const int ModeMask = 0xe0, Immediate = 0, Absolute = 0x20, Indirect = 0x40, Memory = 0x60, Length = 0x80, HeaderLength = 0xa0;

    public const int OperationMask = 0xf0;

    public const int Add = 0, Subtract = 0x10, Multiply = 0x20, Divide = 0x30, Or = 0x40, And = 0x50, ShiftLeft = 0x60,
        ShiftRight = 0x70, Negate = 0x80, Modulo = 0x90, Xor = 0xa0;

    public const int Always = 0, Equal = 0x10, Greater = 0x20, GreaterOrEqual = 0x30, AnyBit = 0x40;

    /// <summary>The second operand is X, not the constant.</summary>
    public const int FromX = 8;

    /// <summary>What is returned is A, not the constant.</summary>
    public const int FromA = 0x10;

    public const int ToX = 0, ToA = 0x80;

    public const int MemoryWords = 16;

    /// <summary>Offsets from here on ask for what the host knows of the packet.</summary>
    public const int Ancillary = -0x1000;

    /// <summary>Offsets from here on count from the network header.</summary>
    public const int NetworkHeader = -0x100000;
}
