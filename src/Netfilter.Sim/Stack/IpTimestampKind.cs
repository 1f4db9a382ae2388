namespace Netfilter.Sim.Stack;

/// <summary>What a timestamp option collects, the low half of its fourth byte (<c>IPOPT_TS_*</c>).</summary>
internal static class IpTimestampKind
{
    public const int TimeOnly = 0;
    public const int TimeAndAddress = 1;
    public const int Prespecified = 3;
}
