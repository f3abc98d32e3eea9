{const{src}=document.currentScript.dataset;addEventListener("load",()=>document.head.append(Object.assign(document.createElement("script"),{src})))}
