namespace Netfilter.Sim.Extensions;

/// <summary>What follows an option and how its text becomes a value (the <c>XTTYPE_*</c> of <c>libxtables/xtoptions.c</c>).</summary>
public enum OptionKind : byte
{
    /// <summary>Nothing follows; the option is there or not.</summary>
    None,

    /// <summary>A text; <see cref="OptionSpec.MinBytes"/>, <see cref="OptionSpec.MaxBytes"/>, <see cref="OptionSpec.KeptBytes"/>. Value: <see cref="string"/>.</summary>
    Text,

    /// <summary>An integer of 8 bits. Value of all plain integers: <see cref="ulong"/>.</summary>
    UInt8,

    /// <summary>An integer of 16 bits.</summary>
    UInt16,

    /// <summary>An integer of 32 bits.</summary>
    UInt32,

    /// <summary>An integer of 64 bits.</summary>
    UInt64,

    /// <summary><c>a[:b]</c> of 8 bits. Value of all ranges: <see cref="OptionRange"/>.</summary>
    UInt8Range,

    /// <summary><c>a[:b]</c> of 16 bits.</summary>
    UInt16Range,

    /// <summary><c>a[:b]</c> of 32 bits.</summary>
    UInt32Range,

    /// <summary><c>a[:b]</c> of 64 bits.</summary>
    UInt64Range,

    /// <summary>A floating-point number between <see cref="OptionSpec.Min"/> and <see cref="OptionSpec.Max"/>. Value: <see cref="double"/>.</summary>
    Real,

    /// <summary><c>value[/mask]</c>. Value: <see cref="MaskedValue"/>.</summary>
    MarkMask,

    /// <summary><c>value[/mask]</c> of 8 bits, or the name of a type of service. Value: <see cref="MaskedValue"/>.</summary>
    TosMask,

    /// <summary>0 to 7, or a name of a log level. Value: <see cref="ulong"/>.</summary>
    SyslogLevel,

    /// <summary>An address or a host's name. Value: <see cref="HostMask"/>.</summary>
    Host,

    /// <summary>An address or host with <c>/length</c> or <c>/mask</c>. Value: <see cref="HostMask"/>.</summary>
    HostMask,

    /// <summary>A prefix length. Value: <see cref="ulong"/>.</summary>
    PrefixLength,

    /// <summary>A prefix length that stands for its mask. Value: <see cref="HostMask"/> without an address.</summary>
    PrefixMask,

    /// <summary>A protocol by number or name. Value: <see cref="ulong"/>.</summary>
    Protocol,

    /// <summary>A port by number or name of any protocol; only 16 bits are kept. Value: <see cref="ulong"/>.</summary>
    Port,

    /// <summary><c>port[:port]</c>, likewise. Value: <see cref="OptionRange"/>.</summary>
    PortRange,

    /// <summary>A hardware address. Value: <see cref="ulong"/>, 48 bits.</summary>
    MacAddress,
}
