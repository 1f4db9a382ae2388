namespace Netfilter.Sim.Extensions;

/// <summary>How an iptables command ended (<c>enum xtables_exittype</c>).</summary>
public enum IptablesExit
{
    /// <summary>It succeeded.</summary>
    Success = 0,

    /// <summary>The kernel or the library refused.</summary>
    OtherProblem = 1,

    /// <summary>The command line is wrong.</summary>
    ParameterProblem = 2,

    /// <summary>The tool and the kernel do not fit.</summary>
    VersionProblem = 3,

    /// <summary>The lock is held by somebody else.</summary>
    ResourceProblem = 4,
}

/// <summary>An error of the iptables tool itself, in its own words.</summary>
public sealed class IptablesException : Exception
{
    /// <summary>Makes an error.</summary>
    /// <param name="exit">How the tool ends.</param>
    /// <param name="message">The text after <c>iptables v1.8.9 (legacy): </c>; a final line feed where the tool prints an empty line.</param>
    public IptablesException(IptablesExit exit, string message)
        : base(message) => Exit = exit;

    /// <summary>Makes an error of the command line without words.</summary>
    public IptablesException()
        : this(IptablesExit.ParameterProblem, "")
    {
    }

    /// <summary>Makes an error of the command line.</summary>
    public IptablesException(string message)
        : this(IptablesExit.ParameterProblem, message)
    {
    }

    /// <summary>Makes an error of the command line with what caused it.</summary>
    public IptablesException(string message, Exception innerException)
        : base(message, innerException) => Exit = IptablesExit.ParameterProblem;

    /// <summary>Whether the tool prints the message as it stands, without its name and version before it.</summary>
    public bool IsBare { get; init; }

    /// <summary>How the tool ends.</summary>
    public IptablesExit Exit { get; } = IptablesExit.ParameterProblem;
}
