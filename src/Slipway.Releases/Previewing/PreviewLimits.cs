using Slipway.Model;

namespace Slipway.Releases.Previewing;

/// <summary>
/// A branch may be a stranger's: its preview gets no power over the machine that the app's live release doesn't have in the same service.
/// </summary>
static class PreviewLimits
{
    /// <param name="live">The service in the live release; null where the branch brings it in.</param>
    public static void Check(ServiceModel service, ServiceModel? live, PreviewFindings findings)
    {
        var (asked, has) = (service.Container, live?.Container ?? new ContainerSpec());
        if (service.NetworkMode == "host")
            findings.Refuse($"services.{service.Name}.network_mode", $"{service.Name} would take the ports of this machine, which the app may have", "networks of its own; or leave it out of previews: previews: {services: [...]}", "host");
        if (asked.Privileged && !has.Privileged) Refuse("privileged", "true");
        if (asked.Pid is not null && asked.Pid != has.Pid) Refuse("pid", asked.Pid);
        if (asked.Ipc is not (null or "private" or "shareable" or "none") && asked.Ipc != has.Ipc) Refuse("ipc", asked.Ipc);
        if (asked.CgroupParent is not null && asked.CgroupParent != has.CgroupParent) Refuse("cgroup_parent", asked.CgroupParent);
        if (asked.Runtime is not null && asked.Runtime != has.Runtime) Refuse("runtime", asked.Runtime);
        if (asked.CapAdd.Except(has.CapAdd, StringComparer.OrdinalIgnoreCase).ToList() is { Count: > 0 } capabilities) Refuse("cap_add", string.Join(", ", capabilities));
        if (asked.Devices.Except(has.Devices).ToList() is { Count: > 0 } devices) Refuse("devices", string.Join(", ", devices));
        if (asked.SecurityOptions.Except(has.SecurityOptions).Where(o => o != "no-new-privileges" && o != "no-new-privileges:true").ToList() is { Count: > 0 } options) Refuse("security_opt", string.Join(", ", options));
        if (asked.Sysctls.Where(s => has.Sysctls.GetValueOrDefault(s.Key) != s.Value).Select(s => s.Key).ToList() is { Count: > 0 } sysctls) Refuse("sysctls", string.Join(", ", sysctls));

        void Refuse(string key, string found) => findings.Refuse(
            $"services.{service.Name}.{key}", $"the branch asks for '{found}', which {service.Name} of the live release doesn't have",
            "what the live release has; to have it in previews, deploy it with the app first", found);
    }
}
