using System.Globalization;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>Does what a parsed command says to a table (<c>iptables/iptables.c do_command4</c>).</summary>
internal sealed class CommandRunner(ToolContext tool, TableEditor editor, Func<Table> snapshot)
{
    private const ListFormat EchoFormat = ListFormat.Echo | ListFormat.Numeric;

    /// <summary>Runs a command; what it changes stays in the editor.</summary>
    /// <returns>What the library refused, or null.</returns>
    /// <exception cref="IptablesException">The tool refuses.</exception>
    public ToolError? Run(ParsedCommand command)
    {
        ToolError? failure = RunCommand(command);
        if (command.Verbosity < 2)
        {
            return failure;
        }

        // What is printed is the table as it was fetched, without what the command did.
        BlobDump.Write(tool.Stdout, snapshot(), command.Family);
        return failure?.AfterDump();
    }

    private ToolError? RunCommand(ParsedCommand command)
    {
        string chain = command.Chain ?? "";
        switch (command.Kind)
        {
            case CommandKind.DeleteNumber:
                return editor.DeleteAt(chain, command.RuleNumber - 1);
            case CommandKind.Flush:
                return ForChains(command, "Flushing", builtInToo: true, editor.Flush);
            case CommandKind.Zero:
                return ForChains(command, "Zeroing", builtInToo: true, editor.Zero);
            case CommandKind.ZeroNumber:
                return editor.ZeroRule(chain, command.RuleNumber);
            case CommandKind.NewChain:
                return editor.Create(chain);
            case CommandKind.DeleteChain:
                return ForChains(command, "Deleting", builtInToo: false, editor.DeleteChain);
            case CommandKind.RenameChain:
                return editor.Rename(chain, command.NewName!);
            case CommandKind.SetPolicy:
                return editor.SetPolicy(chain, command.Policy!, command.Counters);
            default:
                return (command.Kind & CommandKind.WithRule) != 0 ? RunOnRules(command, chain) : RunListing(command);
        }
    }

    private ToolError? RunListing(ParsedCommand command)
    {
        bool isFound = (command.Kind & CommandKind.List) != 0 ? List(command) : ListRules(command);
        if (!isFound)
        {
            return ToolError.NoEntry;
        }
        if ((command.Kind & CommandKind.Zero) != 0)
        {
            return ForChains(command, "Zeroing", builtInToo: true, editor.Zero);
        }
        return (command.Kind & CommandKind.ZeroNumber) != 0 ? editor.ZeroRule(command.Chain!, command.RuleNumber) : null;
    }

    private ToolError? RunOnRules(ParsedCommand command, string chain)
    {
        bool isStandard = command.JumpTo == ToolContext.StandardTarget && !command.IsGoto && !editor.Has(command.JumpTo);
        if (isStandard)
        {
            return ToolError.NoEntry;
        }
        Target? target = ResolveTarget(command);
        ToolError? failure = null;
        foreach (Rule rule in command.BuildRules(target))
        {
            if (command.Verbosity > 0)
            {
                Echo(rule);
            }
            failure = RunOnRule(command, chain, rule) ?? failure;
        }
        return failure;
    }

    private ToolError? RunOnRule(ParsedCommand command, string chain, Rule rule) => command.Kind switch
    {
        CommandKind.Append => editor.Append(chain, rule, command.Counters),
        CommandKind.Insert => editor.Insert(chain, command.RuleNumber - 1, rule, command.Counters),
        CommandKind.Replace => editor.Replace(chain, command.RuleNumber - 1, rule, command.Counters),
        _ => editor.Delete(chain, rule, isCheck: command.Kind == CommandKind.Check),
    };

    private Target? ResolveTarget(ParsedCommand command)
    {
        string name = command.JumpTo;
        if (name.Length == 0)
        {
            return null;
        }
        bool isChain = editor.Has(name);
        if (!command.IsGoto && !isChain && Verdict(name) is { } verdict)
        {
            return verdict;
        }
        if (isChain)
        {
            if (command.Target is not null)
            {
                tool.Stderr.Append(CultureInfo.InvariantCulture, $"Warning: using chain {name}, not extension\n");
            }
            return new JumpTarget(name, command.IsGoto);
        }
        if (command.Target is { } session)
        {
            return session.BuildTarget();
        }
        throw OptionCall.Error(command.IsGoto
            ? $"goto '{name}' is not a chain"
            : $"Couldn't load target `{name}':No such file or directory\n");
    }

    private static VerdictTarget? Verdict(string name) => name switch
    {
        "ACCEPT" => VerdictTarget.Accept,
        "DROP" => VerdictTarget.Drop,
        "QUEUE" => VerdictTarget.Queue,
        "RETURN" => VerdictTarget.Return,
        _ => null,
    };

    private void Echo(Rule rule)
    {
        OptionWriter writer = new();
        new ListPrinter(writer, tool.Environment, EchoFormat).PrintRule(rule, default, 0);
        tool.Print(writer);
    }

    private ToolError? ForChains(ParsedCommand command, string verb, bool builtInToo, Func<string, ToolError?> action)
    {
        IReadOnlyList<string> chains = command.Chain is { } one
            ? [one]
            : [.. editor.ChainNames().Where(name => builtInToo || !editor.IsBuiltIn(name))];
        ToolError? failure = null;
        foreach (string chain in chains)
        {
            if (command.Verbosity > 0)
            {
                tool.Stdout.Append(CultureInfo.InvariantCulture, $"{verb} chain `{chain}'\n");
            }
            failure = action(chain) ?? failure;
        }
        return failure;
    }

    private bool List(ParsedCommand command)
    {
        ListFormat format = (command.Has(BaseOptionSet.Numeric) ? ListFormat.Numeric : 0)
            | (command.Verbosity > 0 ? ListFormat.Verbose : 0)
            | (command.Has(BaseOptionSet.Expanded) ? ListFormat.Exact : 0)
            | (command.Has(BaseOptionSet.LineNumbers) ? ListFormat.LineNumbers : 0);
        OptionWriter writer = new();
        ListPrinter printer = new(writer, tool.Environment, format);
        bool isFound = false;
        foreach (Chain chain in Chains(command))
        {
            writer.Raw(isFound ? "\n" : "");
            isFound = true;
            if (command.RuleNumber == 0)
            {
                printer.PrintHeader(chain, chain.IsBuiltIn ? 0 : editor.ReferencesTo(chain.Name));
            }
            int number = 0;
            foreach (Rule rule in chain.Rules)
            {
                number++;
                if (command.RuleNumber == 0 || command.RuleNumber == number)
                {
                    printer.PrintRule(rule, chain.Rules.CountersOf(number - 1), number);
                }
            }
        }
        tool.Print(writer);
        return isFound;
    }

    private bool ListRules(ParsedCommand command)
    {
        OptionWriter writer = new();
        List<Chain> chains = [.. Chains(command)];
        bool withCounters = command.Verbosity > 0;
        foreach (Chain chain in command.RuleNumber == 0 ? chains : [])
        {
            if (chain.Policy is { } policy)
            {
                writer.Raw("-P ").Raw(chain.Name).Raw(' ').Raw(PolicyText.Of(policy));
                PrintCounters(withCounters, chain.PolicyCounters);
            }
            else
            {
                writer.Raw("-N ").Raw(chain.Name);
            }
            writer.Raw('\n');
        }
        foreach (Chain chain in chains)
        {
            int number = 0;
            foreach (Rule rule in chain.Rules)
            {
                RuleCounters counters = chain.Rules.CountersOf(number++);
                if (command.RuleNumber == 0 || command.RuleNumber == number)
                {
                    RulePrinter.Print(writer, chain.Name, rule, tool.Environment, withCounters ? counters : null);
                    writer.Raw('\n');
                }
            }
        }
        tool.Print(writer);
        return chains.Count > 0;

        void PrintCounters(bool isAsked, RuleCounters counters)
        {
            if (isAsked)
            {
                writer.Raw(" -c ").Number(counters.Packets).Raw(' ').Number(counters.Bytes);
            }
        }
    }

    // In a dump under way the edits so far are listed; else the table with its live counters.
    private IEnumerable<Chain> Chains(ParsedCommand command) => (editor.IsChanged ? editor.Build() : snapshot()).Chains
        .Where(chain => command.Chain is null || chain.Name == command.Chain);
}
