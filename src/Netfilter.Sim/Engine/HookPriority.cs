namespace Netfilter.Sim.Engine;

/// <summary>The order of functions at one hook, lowest first (<c>enum nf_ip_hook_priorities</c>).</summary>
internal static class HookPriority
{
    public const int ConntrackDefrag = -400;
    public const int Raw = -300;
    public const int Conntrack = -200;
    public const int Mangle = -150;
    public const int NatDestination = -100;
    public const int Filter = 0;
    public const int Security = 50;
    public const int NatSource = 100;
    public const int ConntrackHelper = 300;
    public const int ConntrackConfirm = int.MaxValue;
}
