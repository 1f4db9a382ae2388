using Netfilter.Sim.Rules;

namespace Netfilter.Sim.Extensions;

/// <summary>What printing of an extension may look at besides its own record.</summary>
/// <param name="Ip">The base part of the rule.</param>
/// <param name="Environment">Names of ports, realms and the like.</param>
/// <param name="IsNumeric">Whether <c>-L</c> was given <c>-n</c>; true for save.</param>
public readonly record struct PrintContext(IpSpec Ip, RuleEnvironment Environment, bool IsNumeric);
