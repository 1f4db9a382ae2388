namespace Netfilter.Sim.Extensions;

/// <summary>Numbers under a mask that may have names (<c>libxtables/xtables.c xtables_parse_val_mask, xtables_print_val_mask</c>).</summary>
internal static class NamedMask
{
    /// <summary>Reads <c>value[/mask]</c>, or a name.</summary>
    public static object? Parse(OptionCall call, IReadOnlyDictionary<string, uint> names)
    {
        ReadOnlySpan<char> text = call.Argument;
        if (!CNumber.TryReadPrefix(text, out int used, out ulong value, 0, uint.MaxValue)
            || (used < text.Length && text[used] != '/'))
        {
            return names.TryGetValue(call.Argument, out uint named)
                ? new MaskedValue(named, uint.MaxValue)
                : throw OptionCall.Error(
                    $"{call.Extension.Name}: could not map name {call.Argument} to an integer value for option \"--{call.Option.Name}\".\n");
        }
        if (used == text.Length)
        {
            return new MaskedValue((uint)value, uint.MaxValue);
        }
        text = text[(used + 1)..];
        if (!CNumber.TryReadPrefix(text, out used, out ulong mask, 0, uint.MaxValue))
        {
            throw OptionCall.Error($"{call.Extension.Name}: bad integer value for option \"--{call.Option.Name}\", or out of range.\n");
        }
        return used == text.Length
            ? new MaskedValue((uint)value, (uint)mask)
            : throw OptionCall.Error($"{call.Extension.Name}: trailing garbage after value for option \"--{call.Option.Name}\".\n");
    }

    /// <summary>Writes the name of a whole value if it has one, or numbers.</summary>
    public static string Format(MaskedValue value, IReadOnlyDictionary<string, uint>? names)
    {
        if (value.Mask == uint.MaxValue && names is not null)
        {
            foreach ((string name, uint number) in names)
            {
                if (number == value.Value)
                {
                    return name;
                }
            }
        }
        return MarkText.Format(value.Value, value.Mask);
    }
}
