using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Extensions;

/// <summary>Names of interfaces as options take them (<c>libxtables/xtables.c xtables_parse_interface</c>).</summary>
internal static class InterfaceText
{
    /// <summary>Reads a name or a prefix followed by <c>+</c>; odd characters only warn.</summary>
    public static object? Parse(OptionCall call)
    {
        string name = call.Argument;
        if (ByteText.Length(name) > InterfacePattern.MaxLength)
        {
            throw OptionCall.Error($"interface name `{name}' must be shorter than IFNAMSIZ ({InterfacePattern.MaxLength})");
        }
        if (!name.EndsWith('+') && name.Any(c => c is '/' or ' '))
        {
            call.Values.Warn($"Warning: weird character in interface `{name}' ('/' and ' ' are not allowed by the kernel).\n");
        }
        return new InterfacePattern(name);
    }
}
