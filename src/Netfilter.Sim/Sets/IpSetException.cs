namespace Netfilter.Sim.Sets;

/// <summary>Why an <c>ipset</c> command is refused, in the tool's words.</summary>
internal sealed class IpSetException : Exception
{
    /// <summary>Refused by the kernel (exit 1).</summary>
    public IpSetException(SetError error)
        : this(Words(error), 1)
    {
    }

    /// <summary>Refused with a text.</summary>
    public IpSetException(string message, int exitCode)
        : base(message) => ExitCode = exitCode;

    /// <summary>1 for what is refused, 2 for a wrong use of the command line.</summary>
    public int ExitCode { get; }

    /// <summary>What stays of several lines in <c>restore</c>, which otherwise puts the number of its line before them; null for all.</summary>
    public string? InRestore { get; init; }

    /// <summary>Whether the tool reads on after it, and only fails when it has read everything.</summary>
    public bool GoesOn { get; init; }

    /// <summary>Whether <c>restore</c> leaves the number of its line out.</summary>
    public bool HidesLine { get; init; }

    /// <summary>The same with another line behind it.</summary>
    public IpSetException With(string line) => new($"{Message}\n{line}", ExitCode) { HidesLine = HidesLine };

    /// <summary>A value that cannot be read (exit 1).</summary>
    public static IpSetException Syntax(string message) => new("Syntax error: " + message, 1);

    /// <summary>A wrong command line (exit 2).</summary>
    public static IpSetException Usage(string message) => new(message, 2);

    private static string Words(SetError error) => error switch
    {
        SetError.Exists => "Element cannot be added to the set: it's already added",
        SetError.NotThere => "Element cannot be deleted from the set: it's not added",
        SetError.HashFull => "Hash is full, cannot add more elements",
        SetError.OutOfRange => "Element is out of the range of the set",
        SetError.NullElement => "Null-valued element, cannot be stored in a hash type of set",
        SetError.InvalidCidr => "The value of the CIDR parameter of the IP address is invalid",
        SetError.NoTimeouts => "Timeout cannot be used: set was created without timeout support",
        SetError.NoCounters => "Packet/byte counters cannot be used: set was created without counter support",
        SetError.NoComments => "Comment cannot be used: set was created without comment support",
        SetError.NoSkbInfo => "Skbinfo mapping cannot be used: set was created without skbinfo support",
        SetError.ListInList => "Sets with list:set type cannot be added to the set.",
        SetError.NoSuchMember => "Set to be added/deleted/tested as element does not exist.",
        SetError.NoSuchReference => "The set to which you referred with 'before' or 'after' is not added to the set.",
        _ => "Kernel error received: Invalid argument",
    };
}
