using Netfilter.Sim.Addressing;

namespace Netfilter.Sim.Engine;

/// <summary>The patterns of <c>-i</c> and <c>-o</c> as words and masks (<c>ifname_compare_aligned</c>).</summary>
internal readonly record struct InterfaceTest(
    InterfaceName In, InterfaceName InMask, InterfaceName Out, InterfaceName OutMask)
{
    public static InterfaceTest Of(InterfacePattern? inPattern, InterfacePattern? outPattern)
    {
        (InterfaceName inName, InterfaceName inMask) = Words(inPattern);
        (InterfaceName outName, InterfaceName outMask) = Words(outPattern);
        return new InterfaceTest(inName, inMask, outName, outMask);
    }

    public bool FitsIn(in InterfaceName name) => Fits(name, In, InMask);

    public bool FitsOut(in InterfaceName name) => Fits(name, Out, OutMask);

    private static bool Fits(in InterfaceName name, in InterfaceName value, in InterfaceName mask) =>
        (((name.Low ^ value.Low) & mask.Low) | ((name.High ^ value.High) & mask.High)) == 0;

    private static (InterfaceName Name, InterfaceName Mask) Words(InterfacePattern? pattern)
    {
        if (pattern is null)
        {
            return default;
        }
        if (!pattern.IsPrefix)
        {
            return (InterfaceName.Of(pattern.Text), InterfaceName.MaskOf(16));
        }
        string prefix = pattern.Text[..^1];
        return (InterfaceName.Of(prefix), InterfaceName.MaskOf(System.Text.Encoding.UTF8.GetByteCount(prefix)));
    }
}
