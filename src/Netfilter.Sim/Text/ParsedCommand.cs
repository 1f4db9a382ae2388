using System.Collections.Immutable;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>One iptables command, read and checked as far as the tool does without looking at the table.</summary>
internal sealed class ParsedCommand(IpFamily family)
{
    public IpFamily Family { get; } = family;

    public CommandKind Kind { get; set; }

    public BaseOptionSet Options { get; set; }

    public string Table { get; set; } = "filter";

    public string? Chain { get; set; }

    /// <summary>The number after the chain; 0 when there is none.</summary>
    public int RuleNumber { get; set; }

    public string? NewName { get; set; }

    public string? Policy { get; set; }

    public int Verbosity { get; set; }

    public RuleCounters Counters { get; set; }

    public IpSpecFlags Flags { get; set; }

    public ushort Protocol { get; set; }

    /// <summary>The protocol as it was written, in lower case; null when it was not.</summary>
    public string? ProtocolText { get; set; }

    public InterfacePattern? InInterface { get; set; }

    public InterfacePattern? OutInterface { get; set; }

    public string? SourceText { get; set; }

    public string? DestinationText { get; set; }

    public List<NetPrefix> Sources { get; set; } = [];

    public List<NetPrefix> Destinations { get; set; } = [];

    public List<MatchUse> Matches { get; } = [];

    /// <summary>The name after <c>-j</c> or <c>-g</c>; empty when there is none.</summary>
    public string JumpTo { get; set; } = "";

    public bool IsGoto { get; set; }

    public OptionSession? Target { get; set; }

    /// <summary>Whether the line is for the other family's tool and to be skipped (<c>-4</c>, <c>-6</c> in a dump).</summary>
    public bool IsForOtherFamily { get; set; }

    public bool Has(BaseOptionSet option) => (Options & option) != 0;

    public RuleFacts Facts => new(Family, Table, Protocol, (Flags & IpSpecFlags.NotProtocol) != 0);

    /// <summary>The rules that the command is about: one for each source and destination.</summary>
    public IEnumerable<Rule> BuildRules(Target? target)
    {
        ImmutableArray<Match> matches = [.. Matches.Select(use => use.Session.BuildMatch())];
        foreach (NetPrefix source in Sources)
        {
            foreach (NetPrefix destination in Destinations)
            {
                yield return new Rule(
                    new IpSpec(Family, source, destination, InInterface, OutInterface, Protocol, Flags), matches, target);
            }
        }
    }
}

/// <summary>One <c>-m</c>. A later one of the same name takes over: options go to it from then on.</summary>
internal sealed class MatchUse(OptionSession session)
{
    public OptionSession Session { get; } = session;

    public bool IsCompleted { get; set; }
}
