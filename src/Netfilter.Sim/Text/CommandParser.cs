using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>
/// Reads a command line of iptables or ip6tables 1.8.9, legacy back-end: the same words are accepted, and the same errors
/// raised in the same order (<c>iptables/xshared.c do_parse</c>).
/// </summary>
internal sealed partial class CommandParser
{
    private const int MaxNameLength = 29;

    private readonly ToolContext _tool;
    private readonly OptionScanner _scanner;
    private readonly ParsedCommand _command;
    private bool _isInverted;
    private bool _isTableSet;
    private bool _isProtocolLoaded;
    private bool _waits, _waitsAtIntervals;

    private CommandParser(IReadOnlyList<string> words, ToolContext tool)
    {
        _tool = tool;
        _scanner = new OptionScanner(words, tool.Family, tool.Program);
        _command = new ParsedCommand(tool.Family);
    }

    /// <summary>Reads the words after the program's name.</summary>
    /// <exception cref="IptablesException">The tool would refuse them.</exception>
    /// <exception cref="ToolExitException">The tool would print something and end.</exception>
    public static ParsedCommand Parse(IReadOnlyList<string> words, ToolContext tool)
    {
        CommandParser parser = new(words, tool);
        try
        {
            parser.Scan();
        }
        catch (IptablesException)
        {
            tool.ErrorWord = parser._scanner.Index - 1;
            throw;
        }
        if (!parser._command.IsForOtherFamily)
        {
            parser.CheckWhole();
        }
        return parser._command;
    }

    private void Scan()
    {
        while (!_command.IsForOtherFamily)
        {
            ScanKind kind = _scanner.Next();
            switch (kind)
            {
                case ScanKind.End:
                    return;
                case ScanKind.Operand when _scanner.Argument == "!":
                    if (_isInverted)
                    {
                        throw OptionCall.Error("multiple consecutive ! not allowed");
                    }
                    _isInverted = true;
                    _scanner.BlankPrevious();
                    continue;
                case ScanKind.Operand:
                    throw new IptablesException(IptablesExit.ParameterProblem, $"Bad argument `{_scanner.Argument}'") { IsBare = true };
                case ScanKind.Base:
                    TakeBase();
                    break;
                case ScanKind.Extension:
                    TakeExtension();
                    break;
                default:
                    if (LoadProtocolMatch())
                    {
                        _scanner.Back();
                        continue;
                    }
                    throw Unknown(kind);
            }
            _isInverted = false;
        }
    }

    private IptablesException Unknown(ScanKind kind) => OptionCall.Error(kind == ScanKind.MissingWord
        ? $"option \"{_scanner.Previous}\" requires an argument"
        : $"unknown option \"{_scanner.Previous}\"");

    private void TakeExtension()
    {
        LongOption option = _scanner.Found;
        OptionSession session = ReferenceEquals(_command.Target?.Extension, option.Extension)
            ? _command.Target!
            : _command.Matches.First(use => !use.IsCompleted && ReferenceEquals(use.Session.Extension, option.Extension)).Session;
        session.Meet(option.Spec!, _scanner.Argument, _isInverted, _scanner.Peek, () => _scanner.Take());
    }

    // The match of the rule's protocol is loaded when an option is met that nobody knows (load_proto).
    private bool LoadProtocolMatch()
    {
        if (_command.ProtocolText is not { } text || _isProtocolLoaded)
        {
            return false;
        }
        string? name = CNumber.TryRead(text, out ulong number, 0, byte.MaxValue)
            ? NameParser.ProtocolName((int)number, _tool.Environment.Names)
            : text;
        if (name is null || FindMatch(name) is not { } extension)
        {
            return false;
        }
        _isProtocolLoaded = true;
        AddMatch(extension, mergesAgain: true);
        return true;
    }

    private MatchDeclaration? FindMatch(string name) =>
        _tool.Registry.FindMatch(name is "icmpv6" or "ipv6-icmp" ? "icmp6" : name, _command.Family);

    // The options of a match that is there already are added again only for the protocol's (command_match, command_default).
    private void AddMatch(MatchDeclaration extension, bool mergesAgain = false)
    {
        bool isClone = false;
        foreach (MatchUse use in _command.Matches)
        {
            bool isSame = ReferenceEquals(use.Session.Extension, extension);
            use.IsCompleted |= isSame;
            isClone |= isSame;
        }
        if (!isClone)
        {
            WarnIfMissing(extension);
        }
        _command.Matches.Add(new MatchUse(NewSession(extension)));
        if (!isClone || mergesAgain)
        {
            _scanner.Load(extension);
        }
    }

    private OptionSession NewSession(ExtensionDeclaration extension) =>
        new(extension, () => _command.Facts, _tool.Environment, text => _tool.Stderr.Append(text));

    private void WarnIfMissing(ExtensionDeclaration extension)
    {
        if (!extension.InKernel)
        {
            _tool.Stderr.Append(CultureInfo.InvariantCulture, $"Warning: Extension {extension.Name} revision {extension.Revision} not supported, missing kernel module?\n");
        }
    }

    private void CheckWhole()
    {
        if (_waitsAtIntervals && !_waits)
        {
            throw OptionCall.Error("--wait-interval only makes sense with --wait\n");
        }
        if (_command.Table == "nat" && (_command.Policy == "DROP" || _command.JumpTo == "DROP"))
        {
            throw OptionCall.Error(
                "\nThe \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n");
        }
        foreach (MatchUse use in _command.Matches)
        {
            use.Session.Finish();
        }
        _command.Target?.Finish();
        if (_scanner.Left > 0)
        {
            throw OptionCall.Error("unknown arguments found on commandline");
        }
        if (_command.Kind == CommandKind.None)
        {
            throw OptionCall.Error("no command specified");
        }
        if (_isInverted)
        {
            throw OptionCall.Error("nothing appropriate following !");
        }
        ReadAddresses();
        if (CommandTable.FirstIllegal(_command.Kind, _command.Options) is var illegal && illegal != BaseOptionSet.None)
        {
            throw OptionCall.Error($"Illegal option `-{CommandTable.LetterOf(illegal)}' with this command");
        }
        CheckChain();
    }

    private void ReadAddresses()
    {
        bool isRule = (_command.Kind & CommandKind.WithRule) != 0;
        string any = _command.Family == IpFamily.IPv4 ? "0.0.0.0/0" : "::0/0";
        _command.Sources = ReadList(_command.SourceText ?? (isRule ? any : null));
        _command.Destinations = ReadList(_command.DestinationText ?? (isRule ? any : null));
        bool isSeveral = _command.Sources.Count > 1 || _command.Destinations.Count > 1;
        if (isSeveral && (_command.Flags & (IpSpecFlags.NotSource | IpSpecFlags.NotDestination)) != 0)
        {
            throw OptionCall.Error("! not allowed with multiple source or destination IP addresses");
        }
        if (isSeveral && _command.Kind == CommandKind.Replace)
        {
            throw OptionCall.Error("Replacement rule does not specify a unique address");
        }
    }

    private List<NetPrefix> ReadList(string? text) =>
        text is null ? [] : AddressSpecParser.Parse(text, _command.Family, _tool.Environment.Names);

    private void CheckChain()
    {
        if (_command.Chain is not { } chain)
        {
            return;
        }
        if (ByteText.Length(chain) >= MaxNameLength)
        {
            throw OptionCall.Error($"chain name `{chain}' too long (must be under 29 chars)");
        }
        if ((_command.Kind & (CommandKind.WithRule | CommandKind.DeleteNumber)) == 0)
        {
            return;
        }
        if (chain is "PREROUTING" or "INPUT" && _command.Has(BaseOptionSet.OutInterface))
        {
            throw OptionCall.Error($"Can't use -o with {chain}\n");
        }
        if (chain is "POSTROUTING" or "OUTPUT" && _command.Has(BaseOptionSet.InInterface))
        {
            throw OptionCall.Error($"Can't use -i with {chain}\n");
        }
    }
}
