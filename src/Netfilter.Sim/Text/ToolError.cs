using Netfilter.Sim.Extensions;

namespace Netfilter.Sim.Text;

/// <summary>Why the library below the tool, or the kernel, refused something, in the words of <c>iptc_strerror</c>.</summary>
/// <param name="Message">The words.</param>
/// <param name="IsInvalid">Whether it is EINVAL, after which the tool points to the kernel's log.</param>
/// <param name="IsOfSimulator">Whether no kernel would say so: a strict namespace does.</param>
internal sealed record ToolError(string Message, bool IsInvalid = false, bool IsOfSimulator = false)
{
    public static ToolError NoEntry { get; } = new("No chain/target/match by that name");

    public static ToolError NoRule { get; } = new("Bad rule (does a matching rule exist in that chain?)");

    public static ToolError Invalid { get; } = new("Invalid argument", IsInvalid: true);

    public static ToolError ChainExists { get; } = new("Chain already exists");

    public static ToolError Exists { get; } = new("File exists");

    public static ToolError NotEmpty { get; } = new("Directory not empty");

    public static ToolError Referenced { get; } = new("Too many links");

    public static ToolError NoPolicyChain { get; } = new("Bad built-in chain name");

    public static ToolError BadPolicy { get; } = new("Bad policy name", IsInvalid: true);

    /// <summary>What the tool prints to stderr.</summary>
    public string Line(string program) => $"{program}: {Message}.{(IsInvalid ? " Run `dmesg' for more information." : "")}\n";

    /// <summary>A number of a rule that is beyond the end.</summary>
    public static ToolError TooBig(string what) => new($"Index of {what} too big");

    /// <summary>
    /// The same after another function of the library has run: words that belong to one function are lost, and the errno's stay.
    /// </summary>
    public ToolError AfterDump() =>
        this == NoRule || this == NoPolicyChain ? NoEntry
        : this == ChainExists ? Exists
        : this == BadPolicy ? Invalid
        : Message.StartsWith("Index of ", StringComparison.Ordinal) ? OfKernel(KernelErrno.TooBig)
        : this;

    /// <summary>What the kernel answered to a new table.</summary>
    public static ToolError OfKernel(KernelErrno errno) => errno switch
    {
        KernelErrno.NoEntry => NoEntry,
        KernelErrno.Invalid => Invalid,
        KernelErrno.TooBig => new("Argument list too long"),
        KernelErrno.NoMemory => new("Memory allocation problem"),
        KernelErrno.Busy => new("Device or resource busy"),
        KernelErrno.Exists => Exists,
        KernelErrno.Range => new("Numerical result out of range"),
        KernelErrno.Loop => new("Too many levels of symbolic links"),
        KernelErrno.FamilyNotSupported => new("Address family not supported by protocol"),
        _ => new("Operation not supported"),
    };
}
