using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>A step <c>{mirror: 5%, for: 2m}</c> or <c>{mirror: {share: 5%, methods: [GET, POST]}, for: 2m}</c>.</summary>
static class MirrorReader
{
    const string Example = "{mirror: 5%, for: 2m}";

    /// <summary>RFC 9110, section 9, and RFC 5789. CONNECT and TRACE are none of an app's.</summary>
    static readonly string[] Methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"];

    /// <param name="item">The step.</param>
    /// <param name="weight">Of the steps before it.</param>
    public static CanaryStep? Read(Field item, int weight)
    {
        var mirror = item["mirror"];
        foreach (var key in ((string[])["weight", "bake"]).Where(key => !item[key].IsMissing))
            item[key].Error($"'{key}' stands in a step of copies, at which nobody is answered by the new release", $"a step of its own for it, behind {Example}");
        if (weight > 0)
            mirror.Error("copies come before the first weight: the new release answers people already", "the step before all that have a weight");
        if (item["for"].IsMissing) item.Error("the step does not say how long it lasts", "for: 2m beside mirror");
        var share = CanaryReader.Weight(mirror.Node is Mapping ? Named(mirror) : mirror, "share of the requests");
        var methods = mirror.Node is Mapping && !mirror["methods"].IsMissing ? MethodsOf(mirror["methods"]) : RouteMirror.Safe;
        return share is not { } some ? null : new CanaryStep { Mirror = new CanaryMirror { Share = some, Methods = methods }, Lasts = CanaryReader.Positive(item["for"]) ?? CanaryStep.DefaultBake };
    }

    static Field Named(Field mirror)
    {
        if (mirror["share"].IsMissing) mirror.Error("the step does not say how many of the requests are copied", "{mirror: {share: 5%}, for: 2m}");
        return mirror["share"];
    }

    static IReadOnlyList<string> MethodsOf(Field field)
    {
        var methods = field.TextList();
        foreach (var wrong in field.Items().Where(item => item.Text() is { } text && !Methods.Contains(text)))
            wrong.Error($"'{wrong.Text()}' is no method whose requests can be copied", string.Join(", ", Methods));
        if (field.Node is Sequence { Items.Count: 0 }) field.Error("no method is named, so that nothing is copied", "[GET, HEAD], which it is without 'methods'", "[]");
        // In one order, so that two files that mean the same are the same.
        return [.. Methods.Where(methods.Contains)];
    }
}
