using System.Runtime.CompilerServices;
using System.Globalization;
using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>Makes the value of an option's text by its kind (<c>libxtables/xtoptions.c xtopt_subparse</c>), with its messages.</summary>
internal static class OptionConverter
{
    private static readonly (string Name, ulong Level)[] LogLevels =
    [
        ("emerg", 0), ("panic", 0), ("alert", 1), ("crit", 2), ("error", 3), ("warning", 4), ("notice", 5),
        ("info", 6), ("debug", 7),
    ];

    private static readonly (string Name, byte Value)[] TosNames =
    [
        ("Minimize-Delay", 0x10), ("Maximize-Throughput", 0x08), ("Maximize-Reliability", 0x04), ("Minimize-Cost", 0x02),
        ("Normal-Service", 0x00),
    ];

    public static object? Convert(OptionCall call) => call.Option.Kind switch
    {
        OptionKind.None => null,
        OptionKind.Text => Text(call),
        OptionKind.UInt8 => Integer(call, byte.MaxValue),
        OptionKind.UInt16 => Integer(call, ushort.MaxValue),
        OptionKind.UInt32 => Integer(call, uint.MaxValue),
        OptionKind.UInt64 => Integer(call, ulong.MaxValue),
        OptionKind.UInt8Range => Range(call, byte.MaxValue),
        OptionKind.UInt16Range => Range(call, ushort.MaxValue),
        OptionKind.UInt32Range => Range(call, uint.MaxValue),
        OptionKind.UInt64Range => Range(call, ulong.MaxValue),
        OptionKind.Real => Real(call),
        OptionKind.MarkMask => MarkMask(call),
        OptionKind.TosMask => TosMask(call),
        OptionKind.SyslogLevel => SyslogLevel(call),
        OptionKind.Host => new HostMask(Host(call.Argument, call), FullMask(call)),
        OptionKind.HostMask => HostWithMask(call),
        OptionKind.PrefixLength => PrefixLength(call),
        OptionKind.PrefixMask => PrefixMask(call),
        OptionKind.Protocol => (ulong)NameParser.Protocol(call.Argument, call.Environment.Names),
        OptionKind.Port => (ulong)NameParser.LoosePort(call.Argument, call.Environment.Names),
        OptionKind.PortRange => PortRange(call),
        _ => Mac(call),
    };

    private static string Text(OptionCall call)
    {
        OptionSpec spec = call.Option;
        int length = ByteText.Length(call.Argument);
        if (spec.MinBytes > 0 && length < spec.MinBytes)
        {
            throw OptionCall.Error(Invariant($"Argument must have a minimum length of {spec.MinBytes} characters\n"));
        }
        if (spec.MaxBytes > 0 && length > spec.MaxBytes)
        {
            throw OptionCall.Error(Invariant($"Argument must have a maximum length of {spec.MaxBytes} characters\n"));
        }
        return spec.KeptBytes > 0 ? ByteText.Cut(call.Argument, spec.KeptBytes) : call.Argument;
    }

    private static ulong Integer(OptionCall call, ulong greatest)
    {
        ulong max = call.Option.Max == 0 ? greatest : call.Option.Max;
        return CNumber.TryRead(call.Argument, out ulong value, call.Option.Min, max)
            ? value
            : throw OutOfRange(call, call.Option.Min, max);
    }

    private static OptionRange Range(OptionCall call, ulong greatest)
    {
        ulong min = call.Option.Min, max = call.Option.Max == 0 ? greatest : call.Option.Max;
        Span<ulong> found = stackalloc ulong[2];
        int count = 0;
        ReadOnlySpan<char> rest = call.Argument;
        while (true)
        {
            RefuseTooMany(call, count);
            int used = 0;
            if (rest.IsEmpty || rest[0] == ':')
            {
                found[count] = count == 1 ? max : min;
            }
            else if (!CNumber.TryReadPrefix(rest, out used, out found[count], min, max))
            {
                throw OptionCall.Error(Invariant(
                    $"{call.Extension.Name}: bad value for option \"--{call.Option.Name}\" near \"{rest}\", or out of range ({min}-{max}).\n"));
            }
            count++;
            rest = rest[used..];
            if (rest.IsEmpty)
            {
                return new OptionRange(found[0], count == 2 ? found[1] : found[0], count);
            }
            if (rest[0] != ':')
            {
                throw OptionCall.Error(
                    $"{call.Extension.Name}: Argument to \"--{call.Option.Name}\" has unexpected characters near \"{rest}\".\n");
            }
            rest = rest[1..];
        }
    }

    private static void RefuseTooMany(OptionCall call, int count)
    {
        if (count == call.Option.MaxComponents)
        {
            throw OptionCall.Error(Invariant(
                $"{call.Extension.Name}: Too many components for option \"--{call.Option.Name}\" (max: {count})\n"));
        }
    }

    private static double Real(OptionCall call)
    {
        (ulong min, ulong max) = (call.Option.Min, call.Option.Max);
        bool read = CNumber.TryReadReal(call.Argument, out double value);
        return read && !(min < max && (value < min || value > max)) ? value : throw OutOfRange(call, min, max);
    }

    private static MaskedValue MarkMask(OptionCall call)
    {
        ReadOnlySpan<char> text = call.Argument;
        IptablesException bad = OptionCall.Error(
            $"{call.Extension.Name}: bad integer value for option \"--{call.Option.Name}\", or out of range.\n");
        ulong mask = uint.MaxValue;
        if (!CNumber.TryReadPrefix(text, out int used, out ulong value, 0, uint.MaxValue))
        {
            throw bad;
        }
        text = text[used..];
        if (!text.IsEmpty && text[0] == '/')
        {
            if (!CNumber.TryReadPrefix(text[1..], out used, out mask, 0, uint.MaxValue))
            {
                throw bad;
            }
            text = text[(1 + used)..];
        }
        return text.IsEmpty
            ? new MaskedValue((uint)value, (uint)mask)
            : throw OptionCall.Error($"{call.Extension.Name}: trailing garbage after value for option \"--{call.Option.Name}\".\n");
    }

    private static MaskedValue TosMask(OptionCall call)
    {
        ReadOnlySpan<char> text = call.Argument;
        if (CNumber.TryReadPrefix(text, out int used, out ulong value, 0, byte.MaxValue))
        {
            ulong mask = byte.MaxValue;
            text = text[used..];
            bool whole = text.IsEmpty || (text[0] == '/' && CNumber.TryRead(text[1..], out mask, 0, byte.MaxValue));
            return whole ? new MaskedValue((uint)value, (uint)mask) : throw OptionCall.Error($"Illegal value: \"{call.Argument}\"");
        }
        foreach ((string name, byte tos) in TosNames)
        {
            if (name.Equals(call.Argument, StringComparison.OrdinalIgnoreCase))
            {
                return new MaskedValue(tos, 0x3f);
            }
        }
        throw OptionCall.Error($"Symbolic name \"{call.Argument}\" is unknown");
    }

    private static object SyslogLevel(OptionCall call)
    {
        if (CNumber.TryRead(call.Argument, out ulong level, 0, 7))
        {
            return level;
        }
        int index = Array.FindIndex(LogLevels, known => known.Name == call.Argument);
        return index >= 0 ? LogLevels[index].Level : throw OptionCall.Error($"log level \"{call.Argument}\" unknown\n");
    }

    private static NetAddress Host(string text, OptionCall call)
    {
        IpFamily family = call.Rule.Family;
        IReadOnlyList<NetAddress> found = NameParser.Resolve(text, family, call.Environment.Names);
        if (found.Count > 0)
        {
            return found.All(address => address == found[0])
                ? found[0]
                : throw OptionCall.Error($"{text} resolves to more than one address\n");
        }
        throw OptionCall.Error($"getaddrinfo: {NameParser.WhyUnresolved(text, family)}\n");
    }

    private static NetAddress FullMask(OptionCall call) => new(call.Rule.Family, UInt128.MaxValue);

    private static HostMask HostWithMask(OptionCall call)
    {
        int slash = call.Argument.IndexOf('/');
        if (slash < 0)
        {
            return new HostMask(Host(call.Argument, call), FullMask(call));
        }
        IpFamily family = call.Rule.Family;
        int width = family == IpFamily.IPv4 ? 32 : 128;
        string text = call.Argument[(slash + 1)..];
        HostMask host = new(Host(call.Argument[..slash], call), FullMask(call));
        if (CNumber.TryRead(text, out ulong length, 0, (ulong)width))
        {
            return host with { Mask = NetPrefix.MaskOf(family, (int)length) };
        }
        IReadOnlyList<NetAddress> mask = NameParser.Resolve(text, family, NameDatabase.Default);
        if (mask.Count == 0)
        {
            throw OptionCall.Error(Invariant(
                $"{call.Extension.Name}: bad value for option \"--{call.Option.Name}\", neither a valid network mask nor valid CIDR (0-{width}).\n"));
        }
        // A mask that is not a run of ones has no length, and counts as full (xtopt_parse_plenmask).
        int ones = new NetPrefix(mask[0], mask[0]).Length;
        return ones < 0 ? host : host with { Mask = NetPrefix.MaskOf(family, ones) };
    }

    // A mask in full counts by its length; one that is not a run of ones has none and counts as 255.
    private static ulong PrefixLength(OptionCall call)
    {
        IpFamily family = call.Rule.Family;
        ulong width = family == IpFamily.IPv4 ? 32u : 128u;
        if (CNumber.TryRead(call.Argument, out ulong value, 0, width))
        {
            return value;
        }
        NetAddress mask = default;
        bool isAddress = family == IpFamily.IPv4 && NameParser.TryInetAton(call.Argument, out uint bits)
            ? (mask = new NetAddress(bits)).Family == family
            : NetAddress.TryParse(call.Argument, out mask) && mask.Family == family;
        if (!isAddress)
        {
            throw OptionCall.Error(Invariant(
                $"{call.Extension.Name}: bad value for option \"--{call.Option.Name}\", neither a valid network mask nor valid CIDR (0-{width}).\n"));
        }
        int ones = new NetPrefix(mask, mask).Length;
        return ones < 0 ? byte.MaxValue : (ulong)ones;
    }

    private static HostMask PrefixMask(OptionCall call)
    {
        IpFamily family = call.Rule.Family;
        int width = family == IpFamily.IPv4 ? 32 : 128;
        int length = Math.Min((int)PrefixLength(call), width);
        return new HostMask(new NetAddress(family, 0), NetPrefix.MaskOf(family, length));
    }

    private static OptionRange PortRange(OptionCall call)
    {
        Span<ulong> found = stackalloc ulong[2];
        int count = 0;
        foreach (string part in call.Argument.Split(':'))
        {
            RefuseTooMany(call, count);
            found[count] = part.Length > 0 ? NameParser.LoosePort(part, call.Environment.Names)
                : count == 1 ? ushort.MaxValue : 0u;
            count++;
        }
        return new OptionRange(found[0], count == 2 ? found[1] : found[0], count);
    }

    private static object Mac(OptionCall call)
    {
        string[] parts = call.Argument.Split(':');
        ulong address = 0;
        bool fits = parts.Length == 6;
        foreach (string part in parts)
        {
            fits &= part.Length is 1 or 2
                && uint.TryParse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);
            address = fits ? (address << 8) | uint.Parse(part, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : 0;
        }
        return fits ? address : throw OptionCall.Error("Invalid MAC address specified.");
    }

    private static IptablesException OutOfRange(OptionCall call, ulong min, ulong max) => OptionCall.Error(Invariant(
        $"{call.Extension.Name}: bad value for option \"--{call.Option.Name}\", or out of range ({min}-{max}).\n"));

    private static string Invariant(ref DefaultInterpolatedStringHandler text) => text.ToStringAndClear();
}
