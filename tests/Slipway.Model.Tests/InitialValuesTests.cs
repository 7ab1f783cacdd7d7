using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Model.Tests;

public sealed class InitialValuesTests
{
    static readonly JsonSerializerOptions Options = ModelJson.Default.AppModel.Options;

    /// <summary>Every record that the model's JSON knows and that has anything to leave out.</summary>
    public static TheoryData<Type> Records { get; } = [.. typeof(AppModel).Assembly.GetTypes()
        .Where(type => type is { IsClass: true, IsAbstract: false, IsPublic: true } or { IsNestedPublic: true, IsAbstract: false })
        .Where(type => type.GetConstructor(Type.EmptyTypes) is not null && ModelJson.Default.GetTypeInfo(type, Options) is { Kind: JsonTypeInfoKind.Object })
        .Order(Comparer<Type>.Create((a, b) => string.CompareOrdinal(a.FullName, b.FullName)))];

    [Fact]
    public void Records_AreAllOfThem() => Records.Count.ShouldBeGreaterThan(30);

    [Theory]
    [MemberData(nameof(Records))]
    public void Read_OnlyWhatIsRequired_LeavesTheRestAsInitialised(Type record)
    {
        var initial = Activator.CreateInstance(record);
        var document = Minimal(record);

        var read = JsonSerializer.Deserialize(document, Options.GetTypeInfo(record))!;

        foreach (var property in record.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(IsOptional))
        {
            var (found, wanted) = (property.GetValue(read), property.GetValue(initial));
            JsonSerializer.Serialize(found, Options.GetTypeInfo(property.PropertyType))
                .ShouldBe(JsonSerializer.Serialize(wanted, Options.GetTypeInfo(property.PropertyType)), $"{record.Name}.{property.Name}");
        }
    }

    [Fact]
    public void Read_RequiredIsMissing_IsRefusedByName() =>
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize("{}", ModelJson.Default.DeploySource)).Message.ShouldContain("'directory'");

    [Fact]
    public void Read_WhatTheDocumentNames_ReplacesTheInitialValue() =>
        JsonSerializer.Deserialize("""{"key": "n", "internal": true, "labels": {"a": "b"}}""", Options.GetTypeInfo(typeof(NetworkModel)))
            .ShouldBeOfType<NetworkModel>().ShouldSatisfyAllConditions(n => n.Key.ShouldBe("n"), n => n.Internal.ShouldBeTrue(), n => n.Labels["a"].ShouldBe("b"), n => n.DriverOptions.ShouldBeEmpty());

    static string Minimal(Type record)
    {
        var document = new JsonObject();
        foreach (var property in record.GetProperties().Where(p => p.GetCustomAttribute<RequiredMemberAttribute>() is not null))
            document[JsonNamingPolicy.CamelCase.ConvertName(property.Name)] = Value(property.PropertyType);
        return document.ToJsonString();
    }

    static JsonNode? Value(Type type) => type switch
    {
        _ when type == typeof(string) => "x",
        _ when type == typeof(AppName) => "shop",
        _ when type == typeof(Slot) => "blue",
        _ when type == typeof(DateTimeOffset) => "2026-01-02T03:04:05Z",
        _ when type == typeof(int) || type == typeof(long) => 1,
        _ when type == typeof(bool) => true,
        { IsEnum: true } => JsonNode.Parse(JsonSerializer.Serialize(Enum.GetValues(type).GetValue(0), Options.GetTypeInfo(type))),
        { IsGenericType: true } when type.Name.Contains("Dictionary", StringComparison.Ordinal) => new JsonObject(),
        { IsGenericType: true } => new JsonArray(),
        _ => JsonNode.Parse(Minimal(type)),
    };

    static bool IsOptional(PropertyInfo property) =>
        property.CanWrite && property.GetCustomAttribute<RequiredMemberAttribute>() is null && property.GetCustomAttribute<JsonIgnoreAttribute>() is null;
}
