using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>The program <c>iptables</c> or <c>ip6tables</c> (<c>iptables/iptables-standalone.c</c>).</summary>
internal static class IptablesTool
{
    /// <summary>Runs a command.</summary>
    /// <param name="words">The words after the program's name.</param>
    /// <param name="tool">Name, family, extensions; takes the output.</param>
    /// <param name="tables">The tables.</param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> words, ToolContext tool, RulesetAccess tables)
    {
        ParsedCommand command = CommandParser.Parse(words, tool);
        TableDefinition table = TableDefinition.Find(command.Table) ?? throw NoTable(command.Table, tool.Program);
        TableEditor editor = tables.Open(table);
        CommandRunner runner = new(tool, editor, () => tables.Snapshot(table));
        if ((runner.Run(command) ?? tables.Commit(editor, keepsCounters: true)) is not { } failure)
        {
            return 0;
        }
        tool.Stderr.Append(failure.Line(tool.Program));
        return 1;
    }

    private static IptablesException NoTable(string name, string program)
    {
        string reason = ByteText.Length(name) > 31 ? "Module is wrong version" : "Table does not exist (do you need to insmod?)";
        return new IptablesException(IptablesExit.VersionProblem, $"can't initialize {program} table `{name}': {reason}");
    }
}
