using Netfilter.Sim.Addressing;
using Netfilter.Sim.TestKit.Conformance;
using Netfilter.Sim.Text;

namespace Netfilter.Sim.TestKit.Syntax;

/// <summary>Runs one recorded command in a fresh namespace and compares everything that was recorded.</summary>
internal sealed class SyntaxPlayer
{
    private readonly SyntaxCase _case;
    private readonly IptablesShell _shell;
    private readonly string _program;

    public SyntaxPlayer(SyntaxCase recorded)
    {
        _case = recorded;
        _shell = NewShell();
        _program = recorded.Family == IpFamily.IPv4 ? "iptables" : "ip6tables";
    }

    public CaseFailure? Play()
    {
        foreach (string[] words in _case.Setup)
        {
            Run([.. words]);
        }
        ShellResult result = Run(_case.Words);
        return _case.IsAccepted ? CompareAccepted(result) : CompareRefused(result);
    }

    private CaseFailure? CompareRefused(ShellResult result) =>
        Failure("error", _case.Error, result.Stderr)
        ?? TextDifference.Of("exit", $"{_case.Exit}", $"{result.ExitCode}")
        ?? (_case.PartialSave is null ? null : Failure("rules left behind", _case.PartialSave, Rules(_shell)));

    private CaseFailure? CompareAccepted(ShellResult result)
    {
        if (result.ExitCode != 0)
        {
            return Failure("error", "", result.Stderr);
        }
        return Failure("warning", _case.Warning, result.Stderr)
            ?? Failure("rules", _case.Save, Rules(_shell))
            ?? (_case.Stdout is null && _case.Words.Intersect(["-h", "--help"]).Any() ? null : Failure("stdout", _case.Stdout, result.Stdout))
            ?? CompareListing("-L", _case.List, [])
            ?? CompareListing("-L -n -v", _case.ListNumeric, ["-n", "-v"])
            ?? (_case.TableAfter is null ? null : Failure("table", _case.TableAfter, ChainsAndRules(_shell)))
            ?? CompareReload();
    }

    // The chain listed is that of the last rule.
    private CaseFailure? CompareListing(string what, string? expected, string[] options)
    {
        if (expected is null)
        {
            return null;
        }
        string last = Rules(_shell).Split('\n')[^1];
        string chain = last.Split(' ')[1];
        string[] lines = Run(["-L", chain, .. options]).Stdout.Split('\n');
        return Failure(what, expected, string.Join('\n', lines.Skip(2).SkipLast(1)));
    }

    private CaseFailure? CompareReload()
    {
        string saved = Rules(_shell);
        if (saved.Length == 0)
        {
            return null;
        }
        IptablesShell again = NewShell();
        foreach (string[] words in _case.Setup)
        {
            Run(again, [.. words]);
        }
        ShellResult result = again.Execute([$"{_program}-restore"], Save(_shell));
        if (_case.ReloadError is not null || result.ExitCode != 0)
        {
            return Failure("reload error", _case.ReloadError?.TrimEnd('\n'), result.Stderr.TrimEnd('\n'));
        }
        return Failure("rules after reload", _case.ReloadSave ?? saved, Rules(again));
    }

    private IptablesShell NewShell()
    {
        string[] accounting = _case.Topic == "nfacct-present" ? ["test", "abc", "ct_state_invalid_dropped_pkts"] : [];
        IptablesShell shell = new(new NetworkNamespace("case"), environment: new RecordedEnvironment(accounting));
        shell.Execute("ipset restore", RecordedEnvironment.SyntaxSets);
        if (_case.Id.StartsWith("t:libxt_set.", StringComparison.OrdinalIgnoreCase))
        {
            // The test-suite makes this one itself.
            shell.Execute("ipset create foo hash:ip,port family inet");
        }
        return shell;
    }

    private ShellResult Run(string[] words) => Run(_shell, words);

    private ShellResult Run(IptablesShell shell, string[] words) => shell.Execute([_program, "-t", _case.Table, .. words]);

    private string Save(IptablesShell shell) => shell.Execute([$"{_program}-save", "-t", _case.Table]).Stdout;

    private string Rules(IptablesShell shell) =>
        string.Join('\n', Save(shell).Split('\n').Where(line => line.StartsWith("-A ", StringComparison.Ordinal)));

    private string ChainsAndRules(IptablesShell shell) => string.Concat(Save(shell).Split('\n')
        .Where(line => line.StartsWith("-A ", StringComparison.Ordinal) || line.StartsWith(':'))
        .Select(line => line + "\n"));

    private CaseFailure? Failure(string what, string? expected, string actual)
    {
        if (TextDifference.Of(what, expected, actual) is not { } difference)
        {
            return null;
        }
        return MissingExtension.In([.. _case.Setup.SelectMany(words => words), .. _case.Words], _case.Family, _case.Error) is { } missing
            ? new CaseFailure($"not modelled: {missing}", $"not modelled: {missing}")
            : difference;
    }
}
