using System.Globalization;
using Netfilter.Sim.Addressing;
using Netfilter.Sim.Extensions;
using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Text;

/// <summary>What each base option does.</summary>
internal sealed partial class CommandParser
{
    private void TakeBase()
    {
        char letter = _scanner.Letter;
        if ("ACDRILSFZNXEP".Contains(letter))
        {
            TakeCommand(letter);
            return;
        }
        switch (letter)
        {
            case 'p':
                SetOption(BaseOptionSet.Protocol, IpSpecFlags.NotProtocol);
                TakeProtocol();
                break;
            case 's':
                SetOption(BaseOptionSet.Source, IpSpecFlags.NotSource);
                _command.SourceText = _scanner.Previous;
                break;
            case 'd':
                SetOption(BaseOptionSet.Destination, IpSpecFlags.NotDestination);
                _command.DestinationText = _scanner.Previous;
                break;
            case 'i':
                RefuseEmptyInterface();
                SetOption(BaseOptionSet.InInterface, IpSpecFlags.NotInInterface);
                _command.InInterface = ReadInterface();
                break;
            case 'o':
                RefuseEmptyInterface();
                SetOption(BaseOptionSet.OutInterface, IpSpecFlags.NotOutInterface);
                _command.OutInterface = ReadInterface();
                break;
            case 'f':
                TakeFragment();
                break;
            case 'j':
                SetOption(BaseOptionSet.Jump);
                TakeTarget();
                break;
            case 'g':
                SetOption(BaseOptionSet.Jump);
                _command.IsGoto = true;
                _command.JumpTo = CheckedTargetName(_scanner.Argument!);
                break;
            case 'm':
                TakeMatch();
                break;
            case 'c':
                SetOption(BaseOptionSet.Counters);
                TakeCounters();
                break;
            default:
                TakeTableOrFlag(letter);
                break;
        }
    }

    private void TakeTableOrFlag(char letter)
    {
        switch (letter)
        {
            case 't':
                TakeTable();
                break;
            case 'v':
                if (_command.Verbosity++ == 0)
                {
                    SetOption(BaseOptionSet.Verbose);
                }
                break;
            case 'n':
                SetOption(BaseOptionSet.Numeric);
                break;
            case 'x':
                SetOption(BaseOptionSet.Expanded);
                break;
            case '0':
                SetOption(BaseOptionSet.LineNumbers);
                break;
            case 'w' or 'W':
                TakeWait(letter);
                break;
            case 'M':
                break;
            case 'V':
                throw new ToolExitException(0, _isInverted ? "Not 1.8.9 (legacy) ;-)\n" : $"{_tool.Program} v1.8.9 (legacy)\n");
            case 'h':
                throw new ToolExitException(0, HelpText.Of(_tool, _command));
            case '4' or '6':
                TakeFamily(letter == '4' ? IpFamily.IPv4 : IpFamily.IPv6);
                break;
            default:
                throw OptionCall.Error("Unknown arg \"(null)\"");
        }
    }

    private void TakeCommand(char letter)
    {
        string? chain = _scanner.Argument;
        switch (letter)
        {
            case 'L' or 'S' or 'F' or 'Z' or 'X':
                TakeWholeCommand(letter);
                return;
            case 'N':
                RefuseChainName(chain!);
                Begin(CommandKind.NewChain);
                break;
            case 'E':
                Begin(CommandKind.RenameChain);
                _command.NewName = OperandOr("-E requires old-chain-name and new-chain-name");
                break;
            case 'P':
                Begin(CommandKind.SetPolicy);
                _command.Policy = OperandOr("-P requires a chain and a policy");
                break;
            case 'R':
                Begin(CommandKind.Replace);
                _command.RuleNumber = ReadRuleNumber(OperandOr("-R requires a rule number"));
                break;
            case 'I':
                Begin(CommandKind.Insert);
                _command.RuleNumber = _scanner.HasOperand ? ReadRuleNumber(_scanner.Take()) : 1;
                break;
            case 'D':
                Begin(CommandKind.Delete);
                if (_scanner.HasOperand)
                {
                    _command.RuleNumber = ReadRuleNumber(_scanner.Take());
                    _command.Kind = CommandKind.DeleteNumber;
                }
                break;
            default:
                Begin(letter == 'A' ? CommandKind.Append : CommandKind.Check);
                break;
        }
        _command.Chain = chain;
    }

    // Commands for one chain or all: the chain is an operand that may be missing.
    private void TakeWholeCommand(char letter)
    {
        const CommandKind zeroes = CommandKind.Zero | CommandKind.ZeroNumber;
        const CommandKind lists = CommandKind.List | CommandKind.ListRules;
        (CommandKind kind, CommandKind together) = letter switch
        {
            'L' => (CommandKind.List, zeroes),
            'S' => (CommandKind.ListRules, zeroes),
            'Z' => (CommandKind.Zero, lists),
            'F' => (CommandKind.Flush, CommandKind.None),
            _ => (CommandKind.DeleteChain, CommandKind.None),
        };
        Begin(kind, together);
        _command.Chain = _scanner.Argument ?? (_scanner.HasOperand ? _scanner.Take() : _command.Chain);
        if (letter is 'L' or 'S' or 'Z' && _scanner.HasOperand)
        {
            _command.RuleNumber = ReadRuleNumber(_scanner.Take());
            _command.Kind = letter == 'Z' ? CommandKind.ZeroNumber : _command.Kind;
        }
    }

    private void Begin(CommandKind kind, CommandKind together = CommandKind.None)
    {
        if (_isInverted)
        {
            throw OptionCall.Error("unexpected '!' flag");
        }
        CommandKind other = _command.Kind & ~together;
        if (other != CommandKind.None)
        {
            throw OptionCall.Error($"Cannot use -{CommandTable.LetterOf(kind)} with -{CommandTable.LetterOf(other)}");
        }
        _command.Kind |= kind;
    }

    private string OperandOr(string message) => _scanner.HasOperand ? _scanner.Take() : throw OptionCall.Error(message);

    private void SetOption(BaseOptionSet option, IpSpecFlags inverse = IpSpecFlags.None)
    {
        char letter = CommandTable.LetterOf(option);
        if (_command.Has(option))
        {
            throw OptionCall.Error($"multiple -{letter} flags not allowed");
        }
        _command.Options |= option;
        if (_isInverted)
        {
            _command.Flags |= inverse != IpSpecFlags.None ? inverse : throw OptionCall.Error($"cannot have ! before -{letter}");
        }
    }

    private static int ReadRuleNumber(string text) => CNumber.TryRead(text, out ulong number, 1, int.MaxValue)
        ? (int)number
        : throw OptionCall.Error($"Invalid rule number `{text}'");

    private void TakeProtocol()
    {
        string text = AsciiLower(_scanner.Previous);
        _command.ProtocolText = text;
        _command.Protocol = NameParser.Protocol(text, _tool.Environment.Names);
        if (_command.Protocol == 0 && (_command.Flags & IpSpecFlags.NotProtocol) != 0)
        {
            throw OptionCall.Error("rule would never match protocol");
        }
        if (_command.Protocol == 0 && _command.Family == IpFamily.IPv6)
        {
            _command.Flags |= IpSpecFlags.AnyProtocol;
        }
        bool isExtensionHeader = _command.Protocol is 43 or 44 or 51 or 60;
        if (isExtensionHeader && _command.Family == IpFamily.IPv6 && (_command.Flags & IpSpecFlags.NotProtocol) == 0)
        {
            _tool.Stderr.Append(CultureInfo.InvariantCulture, $"Warning: never matched protocol: {text}. use extension match instead.\n");
        }
    }

    private static string AsciiLower(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (int i = 0; i < span.Length; i++)
        {
            span[i] = char.IsAsciiLetterUpper(source[i]) ? (char)(source[i] | 0x20) : source[i];
        }
    });

    private void RefuseEmptyInterface()
    {
        if (_scanner.Argument is null or "")
        {
            throw OptionCall.Error("Empty interface is likely to be undesired");
        }
    }

    private InterfacePattern ReadInterface() => ReadInterface(_scanner.Previous, _tool);

    internal static InterfacePattern ReadInterface(string name, ToolContext tool)
    {
        if (ByteText.Length(name) > InterfacePattern.MaxLength)
        {
            throw OptionCall.Error($"interface name `{name}' must be shorter than IFNAMSIZ (15)");
        }
        if (name.AsSpan().ContainsAny('/', ' '))
        {
            tool.Stderr.Append(CultureInfo.InvariantCulture, $"Warning: weird character in interface `{name}' ('/' and ' ' are not allowed by the kernel).\n");
        }
        return new InterfacePattern(name);
    }

    private void TakeFragment()
    {
        if (_command.Family == IpFamily.IPv6)
        {
            throw OptionCall.Error("`-f' is not supported in IPv6, use -m frag instead");
        }
        SetOption(BaseOptionSet.Fragment, IpSpecFlags.NotFragment);
        _command.Flags |= IpSpecFlags.Fragment;
    }

    private void TakeTable()
    {
        if (_isInverted)
        {
            throw OptionCall.Error("unexpected ! flag before --table");
        }
        if (_tool.IsRestoring && _isTableSet)
        {
            throw OptionCall.Error($"The -t option cannot be used in {_tool.Program}.\n");
        }
        _command.Table = _scanner.Argument!;
        _isTableSet = true;
    }

    private void TakeTarget()
    {
        _command.JumpTo = CheckedTargetName(_scanner.Previous);
        if (_tool.Registry.FindTarget(_command.JumpTo, _command.Family) is { } extension)
        {
            WarnIfMissing(extension);
            _command.Target = NewSession(extension);
            _scanner.Load(extension);
        }
    }

    internal static string CheckedTargetName(string name)
    {
        if (name.Length == 0)
        {
            throw OptionCall.Error("Invalid target name (too short)");
        }
        if (ByteText.Length(name) >= MaxNameLength)
        {
            throw OptionCall.Error($"Invalid target name `{name}' (28 chars max)");
        }
        return HasBlank(name) ? throw OptionCall.Error($"Invalid target name `{name}'") : name;
    }

    private void TakeMatch()
    {
        if (_isInverted)
        {
            throw OptionCall.Error("unexpected ! flag before --match");
        }
        string name = _scanner.Argument!;
        if (ByteText.Length(name) >= MaxNameLength)
        {
            throw OptionCall.Error($"Invalid match name \"{name}\" (28 chars max)");
        }
        string known = name is "icmpv6" or "ipv6-icmp" ? "icmp6" : name;
        AddMatch(FindMatch(known) ?? throw OptionCall.Error($"Couldn't load match `{known}':No such file or directory\n"));
    }

    private void TakeCounters()
    {
        string packets = _scanner.Argument!;
        int comma = packets.IndexOf(',', Math.Min(1, packets.Length));
        string? bytes = comma >= 0 ? packets[(comma + 1)..] : _scanner.HasOperand ? _scanner.Take() : null;
        if (bytes is null)
        {
            throw OptionCall.Error("-c requires packet and byte counter");
        }
        _command.Counters = new RuleCounters(
            CounterText.Scan(packets) ?? throw OptionCall.Error("-c packet counter not numeric"),
            CounterText.Scan(bytes) ?? throw OptionCall.Error("-c byte counter not numeric"));
    }

    private void TakeWait(char letter)
    {
        if (_tool.IsRestoring)
        {
            throw OptionCall.Error($"You cannot use `-{letter}' from iptables-restore");
        }
        _waits |= letter == 'w';
        string? value = _scanner.Argument ?? (_scanner.HasOperand ? _scanner.Take() : null);
        if (value is not null && !WaitText.IsNumber(value))
        {
            throw OptionCall.Error(letter == 'w' ? "wait seconds not numeric" : "wait interval not numeric");
        }
        if (letter == 'W')
        {
            _tool.Stderr.Append("Ignoring deprecated --wait-interval option.\n");
            _waitsAtIntervals = true;
        }
    }

    private void TakeFamily(IpFamily family)
    {
        if (family == _command.Family)
        {
            return;
        }
        _command.IsForOtherFamily = _tool.IsRestoring
            ? true
            : throw new IptablesException(IptablesExit.ParameterProblem, "") { IsBare = true };
    }

    private void RefuseChainName(string name)
    {
        if (ByteText.Length(name) >= MaxNameLength)
        {
            throw OptionCall.Error($"chain name `{name}' too long (must be under 29 chars)");
        }
        if (name.StartsWith('-') || name.StartsWith('!'))
        {
            throw OptionCall.Error($"chain name not allowed to start with `{name[0]}'");
        }
        if (_tool.IsTargetName(name))
        {
            throw OptionCall.Error("chain name may not clash with target name");
        }
        if (HasBlank(name))
        {
            throw OptionCall.Error($"Invalid chain name `{name}'");
        }
    }

    private static bool HasBlank(string text) => text.AsSpan().ContainsAny(AddressSpecParser.Blanks);
}
