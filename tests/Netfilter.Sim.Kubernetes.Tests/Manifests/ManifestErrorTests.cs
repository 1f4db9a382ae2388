using Netfilter.Sim.Kubernetes.Manifests;
using Netfilter.Sim.Kubernetes.Objects;

namespace Netfilter.Sim.Kubernetes.Tests.Manifests;

public class ManifestErrorTests
{
    [Theory]
    [InlineData(
        "kind: Service\nmetadata: {name: a}\n",
        "document 1, line 1, column 1: apiVersion: is required")]
    [InlineData(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: http\n",
        "document 1, line 6, column 11: spec.ports[0].port: expected an integer from 0 to 65535, found \"http\"")]
    [InlineData(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: Clusterip}\n",
        "document 1, line 4, column 14: spec.type: expected one of ClusterIP, NodePort, LoadBalancer, ExternalName, " +
        "found \"Clusterip\"")]
    [InlineData(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Pod\nmetadata: [1]\n",
        "document 2, line 7, column 11: metadata: expected a mapping, found a list")]
    [InlineData(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: 7}\n",
        "document 1, line 3, column 18: metadata.name: expected text, found \"7\"")]
    [InlineData(
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: 10.0.0.256}\n",
        "document 1, line 4, column 19: spec.clusterIP: expected an IP address, found \"10.0.0.256\"")]
    [InlineData(
        "{\"apiVersion\": \"v1\", \"kind\": \"Service\",\n \"metadata\": {\"name\": \"a\"}, \"spec\": {\"externalIPs\": \"x\"}}",
        "document 1, line 2, column 53: spec.externalIPs: expected a list, found \"x\"")]
    [InlineData(
        "apiVersion: v1\nkind: Pod\nkind: Pod\nmetadata: {name: a}\n",
        "document 1, line 3, column 1: the key \"kind\" stands twice in one mapping")]
    public void Read_WrongField_SaysDocumentLineAndPath(string text, string message)
    {
        var problem = Should.Throw<ManifestFormatException>(() => ManifestReader.Read(text));

        problem.Message.ShouldBe(message);
    }

    [Theory]
    [InlineData("a: [1, 2")]
    [InlineData("{\"a\": ")]
    [InlineData("a: *nobody")]
    [InlineData("a: &x [*x]")]
    [InlineData("? [a, b]\n: c")]
    public void TryRead_MalformedText_ReportsAnError(string text)
    {
        ManifestReader.TryRead(text, out _, out ValueList<ManifestError> errors).ShouldBeFalse();

        errors.Count.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Read_SeveralMistakes_ListsThemAll()
    {
        const string Text = """
            apiVersion: v1
            kind: Service
            metadata: {}
            spec:
              sessionAffinity: clientip
              ports: [{}]
            """;

        var problem = Should.Throw<ManifestFormatException>(() => ManifestReader.Read(Text));

        problem.Errors.AsEnumerable().Select(error => error.Path)
            .ShouldBe(["metadata.name", "spec.ports[0].port", "spec.sessionAffinity"], ignoreOrder: true);
    }

    [Fact]
    public void TryRead_DeeplyNestedText_DoesNotOverflow()
    {
        string text = string.Concat(Enumerable.Repeat("[", 20_000));

        ManifestReader.TryRead(text, out _, out ValueList<ManifestError> errors).ShouldBeFalse();

        errors.Count.ShouldBe(1);
    }
}
